import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Webhook } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import {
  type EndpointLineFragment,
  TestWebhookEndpointDocument,
  type TestWebhookEndpointMutation,
  WebhookEndpointsDocument,
} from '../../generated/console/graphql.ts';
import { ask } from '../api/ask.ts';
import { now } from '../clock.ts';
import { Button } from '../parts/button.tsx';
import { Card } from '../parts/card.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Facts } from '../parts/facts.tsx';
import { Ago, Instant } from '../parts/instant.tsx';
import { Empty, LoadFailure, Notice } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { useUpdate } from './endpoint-calls.ts';
import { DeleteDialog, EnableDialog, RotateDialog } from './endpoint-dialogs.tsx';
import { CreateEndpointDialog, EditDialog } from './endpoint-form.tsx';
import { DISABLED_REASONS, HealthBadge, nameOf, ORDERINGS, SCHEMES } from './endpoint-words.tsx';

/** Where the merchant's own systems are sent events, and how each of these places fares. */
export function Endpoints() {
  const [isCreating, setCreating] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ['endpoints'],
    queryFn: () => ask(WebhookEndpointsDocument, {}),
    refetchInterval: 10_000,
  });
  return (
    <>
      <div className="tool-row">
        <p className="hint grow">
          The gateway sends each event to these URLs as a signed message, and repeats it until it arrives.
        </p>
        <Button tone="primary" icon={<Webhook size={16} aria-hidden="true" />} onClick={() => setCreating(true)}>
          Create an endpoint
        </Button>
      </div>
      {error !== null && <LoadFailure error={error} retry={() => void refetch()} />}
      {data === undefined ? (
        error === null && <Skeleton lines={8} label="Loading webhook endpoints" />
      ) : (
        <EndpointCards endpoints={data.webhookEndpoints} />
      )}
      {isCreating && <CreateEndpointDialog close={() => setCreating(false)} />}
    </>
  );
}

function EndpointCards({ endpoints }: { readonly endpoints: readonly EndpointLineFragment[] }) {
  if (endpoints.length === 0) {
    return (
      <Empty title="No webhook endpoint yet">
        <p>Create one, and your systems learn of each payment without asking.</p>
      </Empty>
    );
  }
  return (
    <div className="cards">
      {endpoints.map((endpoint) => (
        <EndpointCard key={endpoint.id} endpoint={endpoint} />
      ))}
    </div>
  );
}

const DIALOGS = { edit: EditDialog, rotate: RotateDialog, enable: EnableDialog, delete: DeleteDialog } as const;

function EndpointCard({ endpoint }: { readonly endpoint: EndpointLineFragment }) {
  const [open, setOpen] = useState<keyof typeof DIALOGS | null>(null);
  const test = useMutation({ mutationFn: () => ask(TestWebhookEndpointDocument, { id: endpoint.id }) });
  const update = useUpdate();
  const Dialog = open === null ? null : DIALOGS[open];
  const error = test.error ?? update.error;
  return (
    <Card title={nameOf(endpoint)} aside={<HealthBadge endpoint={endpoint} />}>
      <Facts of={factsOf(endpoint)} />
      {test.data !== undefined && <TestResult of={test.data.testWebhookEndpoint} />}
      {error !== null && <Notice tone="bad">{error.message}</Notice>}
      <div className="button-row">
        <Link to="/developers/webhooks/$id" params={{ id: endpoint.id }} className="button plain">
          Deliveries
        </Link>
        <Button isBusy={test.isPending} onClick={() => test.mutate()}>
          {test.isPending ? 'Waiting for the response…' : 'Send a test'}
        </Button>
        <Button onClick={() => setOpen('edit')}>Edit…</Button>
        <Button onClick={() => setOpen('rotate')}>Rotate the secret…</Button>
        {endpoint.isEnabled ? (
          <Button isBusy={update.isPending} onClick={() => update.mutate({ id: endpoint.id, isEnabled: false })}>
            Disable
          </Button>
        ) : (
          <Button onClick={() => setOpen('enable')}>Enable…</Button>
        )}
        <Button onClick={() => setOpen('delete')}>Delete…</Button>
      </div>
      {Dialog !== null && <Dialog endpoint={endpoint} close={() => setOpen(null)} />}
    </Card>
  );
}

function factsOf(endpoint: EndpointLineFragment): readonly (readonly [string, ReactNode])[] {
  const { url, eventTypes, ordering, scheme, publicKey, previousSecretUntil, createdAt } = endpoint;
  return [
    ['URL', <Copyable key="url" text={url} name="URL" />],
    ...healthOf(endpoint),
    ['Events', eventTypes.length === 0 ? 'All' : eventTypes.join(', ')],
    ['Order', ORDERINGS[ordering]],
    ['Signature', SCHEMES[scheme]],
    ['Public key', publicKey === null ? null : <Copyable key="public" text={publicKey} name="public key" />],
    ['Old secret', isAhead(previousSecretUntil) ? <SignsUntil key="old" at={previousSecretUntil} /> : null],
    ['Created', <Instant key="created" at={createdAt} />],
  ];
}

function isAhead(at: string | null): at is string {
  return at !== null && Date.parse(at) > now().getTime();
}

function SignsUntil({ at }: { readonly at: string }) {
  return (
    <>
      Signs as well until <Instant at={at} />
    </>
  );
}

function healthOf(endpoint: EndpointLineFragment): readonly (readonly [string, ReactNode])[] {
  const { disabledAt, disabledReason, failingSince, lastSuccessAt } = endpoint;
  return [
    ['Disabled', disabledAt && <Instant key="disabled" at={disabledAt} />],
    ['Reason', disabledReason && DISABLED_REASONS[disabledReason]],
    ['Failing since', failingSince && <Instant key="failing" at={failingSince} />],
    ['Last success', lastSuccessAt === null ? 'None yet' : <Ago key="success" at={lastSuccessAt} />],
  ];
}

type Tested = TestWebhookEndpointMutation['testWebhookEndpoint'];

function TestResult({ of: { isDelivered, status, durationMs, response, problem } }: { readonly of: Tested }) {
  return (
    <Notice tone={isDelivered ? 'good' : 'bad'}>
      <p>
        {status === null
          ? `The test did not arrive. ${problem ?? ''}`
          : `The endpoint responded with status ${status} after ${durationMs} ms.${isDelivered ? '' : ' Only 200 to 299 count as delivered.'}`}
      </p>
      {response !== null && response !== '' && <code>{response}</code>}
    </Notice>
  );
}
