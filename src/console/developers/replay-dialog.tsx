import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import {
  ReplayWebhookDeliveriesDocument,
  type ReplayWebhookDeliveriesInput,
  type ReplayWebhookDeliveriesMutation,
} from '../../generated/console/graphql.ts';
import { ask, isLost, messageOf } from '../api/ask.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Notice } from '../parts/notice.tsx';

/** Sends many deliveries of one endpoint again: those that failed, or all of a range of time. */
export function ReplayDialog({ endpointId, close }: { readonly endpointId: string; readonly close: () => void }) {
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: (data: ReplayWebhookDeliveriesInput) => ask(ReplayWebhookDeliveriesDocument, { data }),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['deliveries'] }),
  });
  const outcome = replay.data?.replayWebhookDeliveries;
  return (
    <Dialog title="Send again" onClose={close}>
      {outcome === undefined ? (
        <ReplayForm endpointId={endpointId} isBusy={replay.isPending} error={replay.error} submit={replay.mutate} close={close} />
      ) : (
        <>
          <Notice tone="good">{wordsOf(outcome)}</Notice>
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

function wordsOf({ count, nextFrom }: ReplayWebhookDeliveriesMutation['replayWebhookDeliveries']): string {
  if (count === 0) return 'There is nothing to send again.';
  const sent = count === 1 ? '1 delivery is sent again.' : `${count} deliveries are sent again.`;
  return nextFrom === null ? sent : `${sent} The rest begins at ${nextFrom}: send again from there.`;
}

interface ReplayFormProps {
  readonly endpointId: string;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly submit: (data: ReplayWebhookDeliveriesInput) => void;
  readonly close: () => void;
}

function ReplayForm({ endpointId, isBusy, error, submit, close }: ReplayFormProps) {
  const [isRange, setRange] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (isBusy) return;
    const range = isRange ? readRange(new FormData(event.currentTarget)) : {};
    setProblem(range === null ? 'Give both times, the later one second.' : null);
    if (range !== null) submit({ endpointId, ...range });
  };
  return (
    <form className="stack" onSubmit={onSubmit} noValidate>
      <fieldset className="choices column">
        <legend>Which deliveries</legend>
        <label className="choice">
          <input type="radio" name="which" checked={!isRange} onChange={() => setRange(false)} /> All that failed
        </label>
        <label className="choice">
          <input type="radio" name="which" checked={isRange} onChange={() => setRange(true)} /> All events of a range of time
        </label>
      </fieldset>
      {isRange && <Range problem={problem} />}
      {error !== null && (
        <Notice tone="bad">
          {isLost(error) ? 'The gateway’s answer was lost. Look at the list before you send again.' : messageOf(error)}
        </Notice>
      )}
      <div className="dialog-foot">
        <Button onClick={close}>Not now</Button>
        <Button type="submit" tone="primary" isBusy={isBusy}>
          Send again
        </Button>
      </div>
    </form>
  );
}

function Range({ problem }: { readonly problem: string | null }) {
  return (
    <div className="stack">
      <p className="hint">Also what was delivered, and events from before the endpoint was created.</p>
      <div className="field">
        <label htmlFor="replay-from">From</label>
        <input id="replay-from" name="from" type="datetime-local" aria-describedby="replay-problem" />
      </div>
      <div className="field">
        <label htmlFor="replay-to">Before</label>
        <input id="replay-to" name="to" type="datetime-local" aria-describedby="replay-problem" />
        <p id="replay-problem" className="field-error" role="alert">
          {problem}
        </p>
      </div>
    </div>
  );
}

/** In the viewer's zone, as everything that the page shows; null where it is no range. */
function readRange(fields: FormData): { readonly from: Date; readonly to: Date } | null {
  const [from, to] = [readInstant(fields.get('from')), readInstant(fields.get('to'))];
  return from !== null && to !== null && from < to ? { from, to } : null;
}

function readInstant(given: FormDataEntryValue | null): Date | null {
  const instant = new Date(typeof given === 'string' ? given : '');
  return Number.isNaN(instant.getTime()) ? null : instant;
}
