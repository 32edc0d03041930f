import type { FormEvent } from 'react';
import type { EndpointLineFragment, WebhookSignatureScheme } from '../../generated/console/graphql.ts';
import { isLost, messageOf } from '../api/ask.ts';
import { Button } from '../parts/button.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Instant } from '../parts/instant.tsx';
import { Notice } from '../parts/notice.tsx';
import { type MadeSecret, useDelete, useRotate, useUpdate } from './endpoint-calls.ts';
import { nameOf, SCHEMES } from './endpoint-words.tsx';

export interface EndpointDialogProps {
  readonly endpoint: EndpointLineFragment;
  readonly close: () => void;
}

/** The secret that was made just now. Only its button closes it. */
export function SecretDialog({ made: { secret, publicKey }, close }: { readonly made: MadeSecret; readonly close: () => void }) {
  return (
    <Dialog title={secret === null ? 'The new public key' : 'The new secret'} onClose={null}>
      <Notice tone="good">
        {secret === null
          ? 'Your backend verifies messages by it. The private key never leaves the gateway.'
          : 'Copy it now. It is shown this once, and nobody can show it again. Your backend verifies messages by it.'}
      </Notice>
      <p className="new-key">
        <Copyable text={secret ?? publicKey ?? ''} name={secret === null ? 'public key' : 'new secret'} />
      </p>
      <div className="dialog-foot">
        <Button tone="primary" onClick={close}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  );
}

const OVERLAPS = [
  [24, '24 hours'],
  [1, '1 hour'],
  [72, '3 days'],
  [168, '7 days'],
] as const;

export function RotateDialog({ endpoint, close }: EndpointDialogProps) {
  const rotate = useRotate();
  if (rotate.data !== undefined) return <SecretDialog made={rotate.data} close={close} />;
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (rotate.isPending) return;
    const fields = new FormData(event.currentTarget);
    const scheme = fields.get('scheme') as WebhookSignatureScheme;
    rotate.mutate({ id: endpoint.id, scheme, overlapHours: Number(fields.get('overlap')) });
  };
  return (
    <Dialog title="Rotate the secret" onClose={close}>
      <form className="stack" onSubmit={onSubmit}>
        <p>
          Messages are signed by the new secret at once. The old one signs as well for a time, so that your backend can change.
        </p>
        <SchemeChoice chosen={endpoint.scheme} />
        <fieldset className="choices">
          <legend>The old secret signs for another</legend>
          {OVERLAPS.map(([hours, words]) => (
            <label key={hours} className="choice">
              <input type="radio" name="overlap" value={hours} defaultChecked={hours === OVERLAPS[0][0]} /> {words}
            </label>
          ))}
        </fieldset>
        {rotate.error !== null && (
          <Notice tone="bad">
            {isLost(rotate.error)
              ? 'The gateway’s answer was lost. There may be a new secret that nobody has seen: rotate once more to see one.'
              : messageOf(rotate.error)}
          </Notice>
        )}
        <div className="dialog-foot">
          <Button onClick={close}>Not now</Button>
          <Button type="submit" tone="primary" isBusy={rotate.isPending}>
            Rotate
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function SchemeChoice({ chosen }: { readonly chosen: WebhookSignatureScheme }) {
  return (
    <fieldset className="choices column">
      <legend>Signature</legend>
      {(Object.keys(SCHEMES) as WebhookSignatureScheme[]).map((scheme) => (
        <label key={scheme} className="choice">
          <input type="radio" name="scheme" value={scheme} defaultChecked={scheme === chosen} /> {SCHEMES[scheme]}
        </label>
      ))}
    </fieldset>
  );
}

export function EnableDialog({ endpoint, close }: EndpointDialogProps) {
  const update = useUpdate(close);
  const enable = (sendsMissed: boolean): void => update.mutate({ id: endpoint.id, isEnabled: true, sendsMissed });
  const isBusyWith = (sendsMissed: boolean): boolean => update.isPending && update.variables.sendsMissed === sendsMissed;
  return (
    <Dialog title="Enable the endpoint" onClose={close}>
      <p>
        Nothing was sent to {nameOf(endpoint)} since {endpoint.disabledAt && <Instant at={endpoint.disabledAt} />}. Should it be
        sent what it has missed?
      </p>
      <p className="hint">What is not sent now can be replayed later.</p>
      {update.error !== null && <Notice tone="bad">{messageOf(update.error)}</Notice>}
      <div className="dialog-foot">
        <Button onClick={close}>Not now</Button>
        <Button isBusy={isBusyWith(false)} onClick={() => enable(false)}>
          Enable only
        </Button>
        <Button tone="primary" isBusy={isBusyWith(true)} onClick={() => enable(true)}>
          Enable and send
        </Button>
      </div>
    </Dialog>
  );
}

export function DeleteDialog({ endpoint, close }: EndpointDialogProps) {
  const remove = useDelete(close);
  return (
    <Dialog title="Delete the endpoint" onClose={close}>
      <p>
        {nameOf(endpoint)} is sent nothing more, and its deliveries are deleted, also those that wait. This cannot be undone. To
        stop for a while, disable it.
      </p>
      {remove.error !== null && <Notice tone="bad">{messageOf(remove.error)}</Notice>}
      <div className="dialog-foot">
        <Button onClick={close}>Not now</Button>
        <Button tone="danger" isBusy={remove.isPending} onClick={() => remove.mutate(endpoint.id)}>
          Delete
        </Button>
      </div>
    </Dialog>
  );
}
