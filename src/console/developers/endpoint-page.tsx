import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import { type EndpointLineFragment, WebhookEndpointsDocument } from '../../generated/console/graphql.ts';
import { ask } from '../api/ask.ts';
import { Button } from '../parts/button.tsx';
import { Empty, LoadFailure } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { Deliveries } from './deliveries.tsx';
import { DELIVERY_STATUSES, HealthBadge, nameOf } from './endpoint-words.tsx';
import { ReplayDialog } from './replay-dialog.tsx';
import { DELIVERY_FILTERS } from './tabs.ts';

const route = getRouteApi('/developers/webhooks/$id');

/** The deliveries of one endpoint. */
export function EndpointPage() {
  const { id } = route.useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ['endpoints'],
    queryFn: () => ask(WebhookEndpointsDocument, {}),
    refetchInterval: 10_000,
  });
  const endpoint = data?.webhookEndpoints.find((known) => known.id === id);
  return (
    <>
      <Link to="/developers" search={{ tab: 'endpoints' }} className="back" activeProps={{}}>
        <ChevronLeft size={16} aria-hidden="true" /> Webhooks
      </Link>
      <title>{`${endpoint === undefined ? 'Webhook endpoint' : nameOf(endpoint)} · Tollgate`}</title>
      {endpoint !== undefined && <EndpointView endpoint={endpoint} />}
      {error !== null && <LoadFailure error={error} retry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton lines={8} label="Loading the endpoint" />}
      {data !== undefined && endpoint === undefined && <Empty title="There is no such endpoint" />}
    </>
  );
}

function EndpointView({ endpoint }: { readonly endpoint: EndpointLineFragment }) {
  const { status = null } = route.useSearch();
  const [isReplaying, setReplaying] = useState(false);
  return (
    <>
      <div className="page-head">
        <div>
          <h1 className="amount-line">
            {nameOf(endpoint)} <HealthBadge endpoint={endpoint} />
          </h1>
          <p className="soft">
            <code>{endpoint.url}</code>
          </p>
        </div>
        <Button onClick={() => setReplaying(true)}>Send many again…</Button>
      </div>
      <nav className="views" aria-label="Deliveries by status">
        <Filter of={endpoint.id} search={{}} title="All" />
        {DELIVERY_FILTERS.map((name) => (
          <Filter key={name} of={endpoint.id} search={{ status: name }} title={DELIVERY_STATUSES[name][0]} />
        ))}
      </nav>
      <Deliveries endpointId={endpoint.id} status={status} />
      {isReplaying && <ReplayDialog endpointId={endpoint.id} close={() => setReplaying(false)} />}
    </>
  );
}

interface FilterProps {
  readonly of: string;
  readonly search: { readonly status?: (typeof DELIVERY_FILTERS)[number] };
  readonly title: string;
}

function Filter({ of: id, search, title }: FilterProps) {
  return (
    <Link
      to="/developers/webhooks/$id"
      params={{ id }}
      search={search}
      activeOptions={{ exact: true, includeSearch: true }}
      className="view"
    >
      {title}
    </Link>
  );
}
