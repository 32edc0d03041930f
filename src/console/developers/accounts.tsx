import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import {
  CheckProviderAccountDocument,
  ProviderAccountsDocument,
  type ProviderAccountsQuery,
} from '../../generated/console/graphql.ts';
import { ask } from '../api/ask.ts';
import { PROVIDERS, type Tone } from '../format/words.ts';
import { Badge } from '../parts/badge.tsx';
import { Button } from '../parts/button.tsx';
import { Card } from '../parts/card.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Facts } from '../parts/facts.tsx';
import { Ago, Instant } from '../parts/instant.tsx';
import { Empty, LoadFailure, Notice } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';

type Account = ProviderAccountsQuery['providerAccounts'][number];

/** The merchant's accounts at providers, and how they fare. */
export function Accounts() {
  const { data, error, refetch } = useQuery({
    queryKey: ['accounts'],
    queryFn: () => ask(ProviderAccountsDocument, {}),
    refetchInterval: 10_000,
  });
  if (data === undefined) {
    return error === null ? (
      <Skeleton lines={8} label="Loading accounts" />
    ) : (
      <LoadFailure error={error} retry={() => void refetch()} />
    );
  }
  if (data.providerAccounts.length === 0) {
    return (
      <Empty title="No provider account yet">
        <p>
          Whoever runs the gateway adds one: <code>npx tollgate provider add &lt;merchant&gt; &lt;provider&gt;</code>
        </p>
      </Empty>
    );
  }
  return (
    <div className="cards">
      {data.providerAccounts.map((account) => (
        <AccountCard key={account.id} account={account} />
      ))}
    </div>
  );
}

function AccountCard({ account }: { readonly account: Account }) {
  const check = useMutation({ mutationFn: () => ask(CheckProviderAccountDocument, { id: account.id }) });
  const found = check.data?.checkProviderAccount;
  const [word, tone] = healthOf(account);
  const title =
    account.label === ''
      ? PROVIDERS[account.transactionProvider]
      : `${PROVIDERS[account.transactionProvider]} · ${account.label}`;
  return (
    <Card title={title} aside={<Badge tone={tone}>{word}</Badge>}>
      <Facts of={factsOf(account)} />
      <Rejections account={account} />
      {found !== undefined && <Notice tone={found.isAccepted ? 'good' : 'bad'}>{found.finding}</Notice>}
      {check.error !== null && <Notice tone="bad">{check.error.message}</Notice>}
      <div className="button-row">
        <Button isBusy={check.isPending} onClick={() => check.mutate()}>
          {check.isPending ? 'Asking the provider…' : 'Check the credentials'}
        </Button>
      </div>
    </Card>
  );
}

function factsOf(account: Account): readonly (readonly [string, ReactNode])[] {
  return [
    ['Account', <Copyable key="id" text={account.id} name="account id" />],
    [
      'Webhook address',
      <Copyable key="webhook" text={account.webhookUrl} shown={covered(account.webhookUrl)} name="webhook address" />,
    ],
    ['Last webhook', account.lastWebhookAt === null ? 'None came yet' : <Ago key="last" at={account.lastWebhookAt} />],
    ['Calls without an answer', account.unansweredOperations > 0 ? `${account.unansweredOperations}, asked about again` : 'None'],
    ['For the operator', account.parkedOperations > 0 ? `${account.parkedOperations} calls: tollgate operations list` : null],
    ['Default', account.isDefault ? `Yes: meant where only ${PROVIDERS[account.transactionProvider]} is named` : 'No'],
    ['Instead of the vendor', account.baseUrl],
    ['Added', <Instant key="added" at={account.createdAt} />],
  ];
}

/** Its last part is a secret, which a look at the screen need not tell. */
function covered(url: string): string {
  return url.replace(/[\w-]{40}$/, '…');
}

/** From what is on record; asking the provider is a button. */
function healthOf({ status, parkedOperations, unansweredOperations }: Account): readonly [string, Tone] {
  if (status === 'DISABLED') return ['Disabled', 'quiet'];
  if (parkedOperations > 0) return ['Needs attention', 'bad'];
  return unansweredOperations > 0 ? ['Waits for answers', 'warn'] : ['Healthy', 'good'];
}

function Rejections({ account: { rejectedWebhooks } }: { readonly account: Account }) {
  if (rejectedWebhooks.length === 0) return null;
  return (
    <div className="rejections">
      <h3>Refused webhooks</h3>
      <ul>
        {rejectedWebhooks.map(({ reason, message, count, lastAt }) => (
          <li key={reason}>
            <strong>{count} ×</strong>, last <Ago at={lastAt} />: {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
