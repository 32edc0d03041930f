import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TransactionLineFragment } from '../../generated/console/graphql.ts';
import { formatMoney } from '../format/money.ts';
import { DECLINE_ADVICES, DECLINE_REASONS, MOVEMENTS } from '../format/words.ts';
import { StatusBadge } from '../parts/badge.tsx';
import { Button } from '../parts/button.tsx';
import { Card } from '../parts/card.tsx';
import { Instant } from '../parts/instant.tsx';
import { Empty, Notice } from '../parts/notice.tsx';
import { type MoneyCall, type Session, sync } from './actions.ts';
import { MoneyDialog } from './money-dialog.tsx';

/** The attempts, and under each what was done with its money since. */
export function Transactions({ session }: { readonly session: Session }) {
  const { transactions, action } = session;
  const roots = transactions.filter(({ relatedTransaction }) => relatedTransaction === null);
  return (
    <Card title="Transactions">
      {roots.length === 0 ? (
        <Empty title={action === 'NONE' ? 'Nobody tried to pay' : 'Nothing tried yet'}>
          <p>
            {action === 'NONE'
              ? 'The session ended before an attempt was made.'
              : 'Attempts show up here as the provider tells of them.'}
          </p>
        </Empty>
      ) : (
        <Branch of={roots} all={transactions} />
      )}
    </Card>
  );
}

type Line = TransactionLineFragment;

function Branch({ of, all }: { readonly of: readonly Line[]; readonly all: readonly Line[] }) {
  return (
    <ul className="tree">
      {of.map((transaction) => {
        const children = all.filter(({ relatedTransaction }) => relatedTransaction?.id === transaction.id);
        return (
          <li key={transaction.id}>
            <TransactionLine transaction={transaction} />
            {children.length > 0 && <Branch of={children} all={all} />}
          </li>
        );
      })}
    </ul>
  );
}

function TransactionLine({ transaction }: { readonly transaction: Line }) {
  const { action, status, amount, currency, card, decline, reason, failureCode, providerCode } = transaction;
  return (
    <div className="transaction">
      <div className="transaction-head">
        <span className="transaction-title">
          {MOVEMENTS[action]} {amount !== '0' && <strong>{formatMoney(amount, currency)}</strong>}
        </span>
        <StatusBadge status={status} />
        <span className="soft transaction-when">
          <Instant at={transaction.createdAt} />
        </span>
      </div>
      <Sums transaction={transaction} />
      {card !== null && (
        <p className="soft">
          {card.brand} ending in {card.last4}, {String(card.expMonth).padStart(2, '0')}/{card.expYear}
        </p>
      )}
      {decline !== null && (
        <div className="decline">
          <p>
            <strong>{DECLINE_REASONS[decline.reason]}</strong>
            {decline.rawCode !== null && <code>{decline.rawCode}</code>}
          </p>
          <p>{DECLINE_ADVICES[decline.advice]}</p>
        </div>
      )}
      {failureCode !== null && (
        <p className="soft">
          The provider’s word: <code>{failureCode}</code>
        </p>
      )}
      {reason !== null && <p className="soft">Reason: {reason}</p>}
      {providerCode !== null && (
        <p className="soft">
          <code>{providerCode}</code>
        </p>
      )}
      <TransactionActions transaction={transaction} />
    </div>
  );
}

const HOLDS = { HELD: 'Held', SETTLED: 'Settled', VOIDED: 'Voided', EXPIRED: 'Expired' } as const;

/** What became of the money since. */
function Sums({ transaction }: { readonly transaction: Line }) {
  const { hold, capturableUntil, settledAmount, refundedAmount, refundableAmount, currency } = transaction;
  const money = (amount: string) => formatMoney(amount, currency);
  return (
    <>
      {hold !== null && (
        <p className="soft">
          {HOLDS[hold]}
          {hold === 'SETTLED' && ` with ${money(settledAmount)}`}
          {hold === 'HELD' && capturableUntil !== null && (
            <>
              , until <Instant at={capturableUntil} />
            </>
          )}
        </p>
      )}
      {refundedAmount !== '0' && (
        <p className="soft">
          {money(refundedAmount)} refunded, {money(refundableAmount)} can still be refunded
        </p>
      )}
    </>
  );
}

const NAMES: Readonly<Record<MoneyCall, string>> = { SETTLE: 'Settle…', VOID: 'Void…', REFUND: 'Refund…' };

/** A button for each call that the API says is allowed, and no other. */
function TransactionActions({ transaction }: { readonly transaction: Line }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState<{ call: MoneyCall; amountMax: string | null } | null>(null);
  const syncing = useMutation({
    mutationFn: () => sync(transaction.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['session'] }),
  });
  return (
    <>
      <div className="button-row">
        {transaction.allowedActions.map(({ action: call, amountMax }) =>
          call === 'SYNC' ? (
            <Button key={call} tone="bare" isBusy={syncing.isPending} onClick={() => syncing.mutate()}>
              {syncing.isPending ? 'Asking…' : 'Sync'}
            </Button>
          ) : (
            <Button key={call} onClick={() => setAsking({ call, amountMax })}>
              {NAMES[call]}
            </Button>
          ),
        )}
      </div>
      {syncing.data !== undefined && <Notice tone="info">{syncing.data}</Notice>}
      {syncing.error !== null && <Notice tone="bad">{syncing.error.message}</Notice>}
      {asking !== null && <MoneyDialog {...asking} transaction={transaction} close={() => setAsking(null)} />}
    </>
  );
}
