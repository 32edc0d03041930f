import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { TransactionLineFragment } from '../../generated/console/graphql.ts';
import { decimalsOf } from '../../kernel/decimals.ts';
import { isLost, messageOf } from '../api/ask.ts';
import { formatMoney, parseAmount, toDecimal } from '../format/money.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Notice } from '../parts/notice.tsx';
import { describe, isGood, type MoneyCall, type MoneyOrder, moveMoney, newKey } from './actions.ts';

interface Wording {
  readonly title: string;
  readonly explain: (most: string) => string;
  readonly amountLabel: string;
  readonly press: (amount: string) => string;
}

const WORDINGS: Readonly<Record<MoneyCall, Wording>> = {
  SETTLE: {
    title: 'Settle the authorization',
    explain: (most) => `Takes up to ${most} of what is held, once. What you do not take is released to the payer.`,
    amountLabel: 'Amount to take',
    press: (amount) => `Settle ${amount}`,
  },
  VOID: {
    title: 'Void the transaction',
    explain: () => 'Releases the money to the payer. This cannot be undone.',
    amountLabel: '',
    press: () => 'Void',
  },
  REFUND: {
    title: 'Refund the payment',
    explain: (most) => `Gives up to ${most} back to the payer. A refund cannot be taken back.`,
    amountLabel: 'Amount to give back',
    press: (amount) => `Refund ${amount}`,
  },
};

interface MoneyDialogProps {
  readonly call: MoneyCall;
  /** The most that can be asked for, in the smallest unit; null where the call takes no amount. */
  readonly amountMax: string | null;
  readonly transaction: TransactionLineFragment;
  readonly close: () => void;
}

/** Asks before money moves. Every press of one dialog carries the same key, so that two presses are one call. */
export function MoneyDialog({ call, amountMax, transaction, close }: MoneyDialogProps) {
  const [key] = useState(newKey);
  const queries = useQueryClient();
  const move = useMutation({
    mutationFn: (order: Omit<MoneyOrder, 'key'>) => moveMoney(call, transaction, { ...order, key }),
    // Also after a failure: what is shown may have been old. Nothing waits for it.
    onSettled: () => void queries.invalidateQueries({ queryKey: ['session'] }),
  });
  const isUnknown = isLost(move.error);
  const { title, explain } = WORDINGS[call];
  const most = amountMax === null ? '' : formatMoney(amountMax, transaction.currency);
  return (
    <Dialog title={title} onClose={close}>
      {move.data === undefined ? (
        <MoneyForm
          call={call}
          amountMax={amountMax}
          currency={transaction.currency}
          isBusy={move.isPending}
          isFixed={move.isPending || isUnknown}
          submit={move.mutate}
          close={close}
        >
          <p>{explain(most)}</p>
          {move.error !== null && (
            <Notice tone="bad">
              {isUnknown
                ? 'The gateway’s answer was lost, so it may have been done. Press again: the same press is never done twice.'
                : messageOf(move.error)}
            </Notice>
          )}
        </MoneyForm>
      ) : (
        <>
          <Notice tone={isGood(move.data) ? 'good' : 'bad'}>{describe(move.data)}</Notice>
          <div className="dialog-foot">
            <Button tone="primary" onClick={close} autoFocus>
              Done
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}

interface MoneyFormProps {
  readonly call: MoneyCall;
  readonly amountMax: string | null;
  readonly currency: string;
  readonly isBusy: boolean;
  /** What was asked for stands until it is known what became of it. */
  readonly isFixed: boolean;
  readonly submit: (order: Omit<MoneyOrder, 'key'>) => void;
  readonly close: () => void;
  readonly children: ReactNode;
}

function MoneyForm({ call, amountMax, currency, isBusy, isFixed, submit, close, children }: MoneyFormProps) {
  const [typed, setTyped] = useState(amountMax === null ? '' : toDecimal(amountMax, currency));
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const amount = amountMax === null ? null : parseAmount(typed, currency);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (isBusy) return;
    const found = amountMax === null ? null : problemOf(amount, amountMax, currency);
    setProblem(found);
    if (found === null) submit({ amount, reason: reason.trim() || null });
  };
  return (
    <form className="stack" onSubmit={onSubmit} noValidate>
      {children}
      {amountMax !== null && (
        <AmountField
          label={`${WORDINGS[call].amountLabel} in ${currency}`}
          value={typed}
          onChange={setTyped}
          problem={problem}
          isFixed={isFixed}
        />
      )}
      {call === 'REFUND' && (
        <div className="field">
          <label htmlFor="refund-reason">Reason, for your records</label>
          <input
            id="refund-reason"
            maxLength={255}
            value={reason}
            readOnly={isFixed}
            onChange={(event) => setReason(event.target.value)}
          />
        </div>
      )}
      <div className="dialog-foot">
        <Button onClick={close}>{isBusy ? 'Close, and let it go on' : 'Not now'}</Button>
        <Button type="submit" tone={call === 'SETTLE' ? 'primary' : 'danger'} isBusy={isBusy}>
          {isBusy ? 'Asking the provider…' : WORDINGS[call].press(amount === null ? '' : formatMoney(amount, currency)).trim()}
        </Button>
      </div>
    </form>
  );
}

function problemOf(amount: string | null, amountMax: string, currency: string): string | null {
  if (amount === null) {
    const [example, decimals] = [toDecimal('1250', currency), decimalsOf(currency)];
    return `Type an amount such as ${example}, with at most ${decimals} decimals and no marks between thousands.`;
  }
  if (BigInt(amount) === 0n) return 'Type an amount above zero.';
  return BigInt(amount) > BigInt(amountMax) ? `At most ${formatMoney(amountMax, currency)} is left.` : null;
}

interface AmountFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly problem: string | null;
  readonly isFixed: boolean;
}

function AmountField({ label, value, onChange, problem, isFixed }: AmountFieldProps) {
  return (
    <div className="field">
      <label htmlFor="money-amount">{label}</label>
      <input
        id="money-amount"
        inputMode="decimal"
        autoComplete="off"
        value={value}
        readOnly={isFixed}
        aria-invalid={problem !== null}
        aria-describedby="money-problem"
        onChange={(event) => onChange(event.target.value)}
      />
      <p id="money-problem" className="field-error" role="alert">
        {problem}
      </p>
    </div>
  );
}
