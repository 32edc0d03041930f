import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import {
  ProviderAccountsDocument,
  ReceivedWebhooksDocument,
  type ReceivedWebhooksQuery,
  type WebhookVerdict,
} from '../../generated/console/graphql.ts';
import { ask } from '../api/ask.ts';
import { PROVIDERS, type Tone } from '../format/words.ts';
import { Badge } from '../parts/badge.tsx';
import { Button } from '../parts/button.tsx';
import { Instant } from '../parts/instant.tsx';
import { Empty, LoadFailure } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';

type Webhook = ReceivedWebhooksQuery['receivedWebhooks']['edges'][number]['node'];

const PAGE_SIZE = 50;

/** What providers notified of, newest first, and what became of it. */
export function Webhooks() {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['webhooks'],
    queryFn: ({ pageParam }) => ask(ReceivedWebhooksDocument, { first: PAGE_SIZE, after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ receivedWebhooks: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
    // Whoever reads older ones would have all of them read again.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : 10_000),
  });
  if (data === undefined) {
    return error === null ? (
      <Skeleton lines={8} label="Loading webhooks" />
    ) : (
      <LoadFailure error={error} retry={() => void refetch()} />
    );
  }
  const webhooks = data.pages.flatMap(({ receivedWebhooks }) => receivedWebhooks.edges.map(({ node }) => node));
  if (webhooks.length === 0) {
    return (
      <Empty title="No webhook came yet">
        <p>Give the address of each provider account to its provider. Refused webhooks are counted at the account.</p>
      </Empty>
    );
  }
  return (
    <>
      <WebhooksTable webhooks={webhooks} />
      {hasNextPage && (
        <div className="button-row">
          <Button isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older ones
          </Button>
        </div>
      )}
    </>
  );
}

const VERDICTS: Readonly<Record<WebhookVerdict, readonly [word: string, tone: Tone]>> = {
  RECEIVED: ['Received', 'busy'],
  PROCESSED: ['Processed', 'good'],
  IGNORED: ['Not ours', 'quiet'],
};

function WebhooksTable({ webhooks }: { readonly webhooks: readonly Webhook[] }) {
  const { data } = useQuery({ queryKey: ['accounts'], queryFn: () => ask(ProviderAccountsDocument, {}) });
  const providerOf = (id: string): string => {
    const account = data?.providerAccounts.find((known) => known.id === id);
    return account === undefined ? '…' : PROVIDERS[account.transactionProvider];
  };
  return (
    <div className="table-frame" role="region" aria-label="Received webhooks" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col" className="off-phones">
              Came
            </th>
            <th scope="col" className="off-phones">
              Provider
            </th>
            <th scope="col">What happened</th>
            <th scope="col">Verdict</th>
            <th scope="col" className="off-phones">
              Times
            </th>
            <th scope="col" className="off-phones">
              Refers to
            </th>
          </tr>
        </thead>
        <tbody>
          {webhooks.map((webhook) => (
            <tr key={webhook.id}>
              <td className="off-phones">
                <Instant at={webhook.receivedAt} />
              </td>
              <td className="off-phones">{providerOf(webhook.transactionProviderId)}</td>
              <td>
                <code title={webhook.eventId}>{webhook.type}</code>
                <span className="on-phones">
                  <Instant at={webhook.receivedAt} />
                </span>
              </td>
              <td>
                <Badge tone={VERDICTS[webhook.verdict][1]}>{VERDICTS[webhook.verdict][0]}</Badge>
              </td>
              <td className="off-phones">{webhook.deliveries}</td>
              <td className="off-phones">
                <code>{webhook.providerCodes.join(', ')}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
