import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  type DeliveryLineFragment,
  ReplayWebhookDeliveriesDocument,
  WebhookDeliveriesDocument,
  type WebhookDeliveryStatus,
} from '../../generated/console/graphql.ts';
import { ask, messageOf } from '../api/ask.ts';
import { eventWords } from '../format/words.ts';
import { Badge } from '../parts/badge.tsx';
import { Button } from '../parts/button.tsx';
import { Instant } from '../parts/instant.tsx';
import { Empty, LoadFailure, Notice } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { DELIVERY_STATUSES, FAILURES } from './endpoint-words.tsx';

const PAGE_SIZE = 20;

interface DeliveriesProps {
  readonly endpointId: string;
  readonly status: WebhookDeliveryStatus | null;
}

/** What one endpoint was sent and is still to be sent, newest event first. */
export function Deliveries({ endpointId, status }: DeliveriesProps) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['deliveries', endpointId, status],
    queryFn: ({ pageParam }) => ask(WebhookDeliveriesDocument, { endpointId, status, first: PAGE_SIZE, after: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ webhookDeliveries: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : null),
    // With older pages open, every refresh would read all of them again.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : 10_000),
  });
  if (data === undefined) {
    return error === null ? (
      <Skeleton lines={8} label="Loading deliveries" />
    ) : (
      <LoadFailure error={error} retry={() => void refetch()} />
    );
  }
  const deliveries = data.pages.flatMap(({ webhookDeliveries }) => webhookDeliveries.edges.map(({ node }) => node));
  if (deliveries.length === 0) return <Empty title="No such delivery" />;
  return (
    <>
      <ul className="deliveries">
        {deliveries.map((delivery) => (
          <DeliveryItem key={delivery.id} delivery={delivery} />
        ))}
      </ul>
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

function DeliveryItem({ delivery }: { readonly delivery: DeliveryLineFragment }) {
  const { id, eventType, sessionId, sequence, status, createdAt, attempts } = delivery;
  const [word, tone] = DELIVERY_STATUSES[status];
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () => ask(ReplayWebhookDeliveriesDocument, { data: { deliveryId: id } }),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  return (
    <li className="card delivery">
      <div className="delivery-head">
        <strong>{eventWords(eventType)}</strong> <Badge tone={tone}>{word}</Badge>
        <span className="soft">
          <Instant at={createdAt} />
          {sessionId !== null && (
            <>
              {' '}
              · event {sequence} of{' '}
              <Link to="/sessions/$id" params={{ id: sessionId }}>
                its session
              </Link>
            </>
          )}
        </span>
        <Button isBusy={replay.isPending} onClick={() => replay.mutate()} aria-label={`Send again: ${eventWords(eventType)}`}>
          Send again
        </Button>
      </div>
      {replay.error !== null && <Notice tone="bad">{messageOf(replay.error)}</Notice>}
      <NextAttempt delivery={delivery} />
      {attempts.length > 0 && (
        <details>
          <summary>{attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`}</summary>
          <ol className="attempts">
            {attempts.map((attempt) => (
              <Attempt key={attempt.id} attempt={attempt} />
            ))}
          </ol>
        </details>
      )}
    </li>
  );
}

function NextAttempt({ delivery: { status, nextAttemptAt, attemptsMade } }: { readonly delivery: DeliveryLineFragment }) {
  if (status !== 'PENDING' || nextAttemptAt === null) return null;
  return (
    <p className="soft">
      {attemptsMade === 0 ? 'First attempt due' : 'Next attempt due'} <Instant at={nextAttemptAt} />
    </p>
  );
}

function Attempt({ attempt }: { readonly attempt: DeliveryLineFragment['attempts'][number] }) {
  const { at, durationMs, status, failure, response } = attempt;
  const isSuccess = status !== null && status >= 200 && status < 300;
  return (
    <li>
      <Badge tone={isSuccess ? 'good' : 'bad'}>{status === null ? 'No response' : `Status ${status}`}</Badge>{' '}
      <span className="soft">
        <Instant at={at} />, after {durationMs} ms
      </span>
      {failure !== null && <p>{FAILURES[failure] ?? failure}</p>}
      {response !== null && (
        <pre className="json" tabIndex={0} role="region" aria-label="Response">
          {response}
        </pre>
      )}
    </li>
  );
}
