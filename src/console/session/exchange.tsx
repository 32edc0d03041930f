import type { OperationLineFragment } from '../../generated/console/graphql.ts';
import { formatDuration } from '../format/time.ts';
import type { Tone } from '../format/words.ts';
import { Badge } from '../parts/badge.tsx';
import { Card } from '../parts/card.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Facts } from '../parts/facts.tsx';
import { Instant } from '../parts/instant.tsx';
import type { Session } from './actions.ts';
import { redact } from './redact.ts';

/** Every call that changes something at the provider, in the order in which they were recorded. */
export function Calls({ session }: { readonly session: Session }) {
  const operations = [...session.operations, ...session.transactions.flatMap((transaction) => transaction.operations)];
  return (
    <Card title="Calls to the provider">
      <ol className="operations">
        {operations.map((operation) => (
          <Operation key={operation.id} operation={operation} />
        ))}
      </ol>
    </Card>
  );
}

/** What the browser was given for the provider's part of the checkout. */
export function Payload({ session: { payload } }: { readonly session: Session }) {
  if (payload === null) return null;
  return (
    <Card title="Payload for the browser">
      <p className="hint">Secrets and personal data are covered.</p>
      <Json value={redact(payload)} name="Payload" />
    </Card>
  );
}

function Json({ value, name }: { readonly value: unknown; readonly name: string }) {
  return (
    <pre className="json" tabIndex={0} role="region" aria-label={name}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}

const STATES: Readonly<Record<OperationLineFragment['state'], readonly [word: string, tone: Tone]>> = {
  PENDING: ['Not sent yet', 'busy'],
  UNKNOWN: ['No answer yet', 'warn'],
  DONE: ['Answered', 'good'],
  PARKED: ['For the operator', 'bad'],
};

function Operation({ operation }: { readonly operation: OperationLineFragment }) {
  const { kind, state, attempts, firstSentAt, doneAt, nextAttemptAt, lastFailure, request, idempotencyKey } = operation;
  const [word, tone] = STATES[state];
  const took = firstSentAt !== null && doneAt !== null ? (Date.parse(doneAt) - Date.parse(firstSentAt)) / 1_000 : null;
  return (
    <li>
      <p className="operation-head">
        <strong>{kind}</strong> <Badge tone={tone}>{word}</Badge>
      </p>
      <Facts
        of={[
          ['Sent', firstSentAt && <Instant key="sent" at={firstSentAt} />],
          ['Answered after', took === null ? null : formatDuration(took)],
          ['Attempts', attempts > 1 || state !== 'DONE' ? String(attempts) : null],
          ['Last failure', lastFailure],
          ['Asked again by', nextAttemptAt && <Instant key="next" at={nextAttemptAt} />],
          ['Key', <Copyable key="key" text={idempotencyKey} name="idempotency key" />],
        ]}
      />
      {request !== null && <Json value={request} name="Request" />}
    </li>
  );
}
