import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { WebhookEndpointsDocument } from '../../generated/console/graphql.ts';
import { ask } from '../api/ask.ts';
import { DELIVERY_STATUSES, nameOf } from '../developers/endpoint-words.tsx';
import { Badge } from '../parts/badge.tsx';
import { Instant } from '../parts/instant.tsx';
import type { Session } from './actions.ts';

type EventDelivery = Session['events'][number]['deliveries'][number];

/** Which webhook endpoints received an event, and how far the others are. */
export function EventDeliveries({ deliveries }: { readonly deliveries: readonly EventDelivery[] }) {
  const { data } = useQuery({
    queryKey: ['endpoints'],
    queryFn: () => ask(WebhookEndpointsDocument, {}),
    enabled: deliveries.length > 0,
    staleTime: 60_000,
  });
  if (deliveries.length === 0) return null;
  const nameOfId = (id: string): string => {
    const endpoint = data?.webhookEndpoints.find((known) => known.id === id);
    return endpoint === undefined ? 'Webhook endpoint' : nameOf(endpoint);
  };
  return (
    <ul className="event-deliveries" aria-label="Webhooks">
      {deliveries.map((delivery) => (
        <li key={delivery.id}>
          <Link to="/developers/webhooks/$id" params={{ id: delivery.endpointId }}>
            {nameOfId(delivery.endpointId)}
          </Link>{' '}
          <Progress of={delivery} />
        </li>
      ))}
    </ul>
  );
}

function Progress({ of: { status, attemptsMade, nextAttemptAt } }: { readonly of: EventDelivery }) {
  const [word, tone] = DELIVERY_STATUSES[status];
  const isRetried = status === 'PENDING' && attemptsMade > 0;
  return (
    <>
      <Badge tone={isRetried ? 'warn' : tone}>{word}</Badge>
      {isRetried && (
        <span className="soft">
          {' '}
          {attemptsMade === 1 ? '1 attempt failed' : `${attemptsMade} attempts failed`}
          {nextAttemptAt !== null && (
            <>
              , the next is due <Instant at={nextAttemptAt} />
            </>
          )}
        </span>
      )}
    </>
  );
}
