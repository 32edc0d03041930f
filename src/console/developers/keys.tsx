import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import {
  type ApiKeyKind,
  ApiKeysDocument,
  CreateApiKeyDocument,
  type KeyLineFragment,
  RevokeApiKeyDocument,
} from '../../generated/console/graphql.ts';
import { ask, isLost, messageOf } from '../api/ask.ts';
import { now } from '../clock.ts';
import { Badge } from '../parts/badge.tsx';
import { Button } from '../parts/button.tsx';
import { Copyable } from '../parts/copyable.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Ago, Instant } from '../parts/instant.tsx';
import { LoadFailure, Notice } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';

/** Keys to the API: made, shown once, and ended. */
export function Keys() {
  const [isCreating, setCreating] = useState(false);
  const { data, error, refetch } = useQuery({ queryKey: ['keys'], queryFn: () => ask(ApiKeysDocument, {}) });
  return (
    <>
      <div className="tool-row">
        <p className="hint grow">
          Secret keys belong in backends only. To change one, make the new key, deploy it, then revoke the old one.
        </p>
        <Button tone="primary" icon={<KeyRound size={16} aria-hidden="true" />} onClick={() => setCreating(true)}>
          Create a key
        </Button>
      </div>
      {error !== null && <LoadFailure error={error} retry={() => void refetch()} />}
      {data === undefined ? error === null && <Skeleton lines={4} label="Loading keys" /> : <KeysTable keys={data.apiKeys} />}
      {isCreating && <CreateDialog close={() => setCreating(false)} />}
    </>
  );
}

function KeysTable({ keys }: { readonly keys: readonly KeyLineFragment[] }) {
  const [ending, setEnding] = useState<KeyLineFragment | null>(null);
  return (
    <div className="table-frame" role="region" aria-label="API keys" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col" className="off-phones">
              Kind
            </th>
            <th scope="col" className="off-phones">
              Created
            </th>
            <th scope="col" className="off-phones">
              Last used
            </th>
            <th scope="col">State</th>
            <th scope="col">
              <span className="unseen">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow key={key.id} of={key} revoke={() => setEnding(key)} />
          ))}
        </tbody>
      </table>
      {ending !== null && <RevokeDialog of={ending} close={() => setEnding(null)} />}
    </div>
  );
}

function KeyRow({ of: key, revoke }: { readonly of: KeyLineFragment; readonly revoke: () => void }) {
  const isOver = key.revokedAt !== null || (key.expiresAt !== null && Date.parse(key.expiresAt) <= now().getTime());
  return (
    <tr className={isOver ? 'over' : ''}>
      <td className="two-lines">
        <strong>{key.label || 'No label'}</strong>
        <code>{key.hint}</code>
        {key.isCurrent && <Badge tone="busy">Your sign-in</Badge>}
      </td>
      <td className="off-phones">{key.kind === 'SECRET' ? 'Secret' : 'Publishable'}</td>
      <td className="off-phones">
        <Instant at={key.createdAt} />
      </td>
      <td className="off-phones">{key.lastUsedAt === null ? 'Never' : <Ago at={key.lastUsedAt} />}</td>
      <td>
        <KeyState of={key} isOver={isOver} />
      </td>
      <td className="row-actions">
        {!isOver && (
          <Button onClick={revoke} aria-label={`Revoke the key ${key.hint}`}>
            Revoke…
          </Button>
        )}
      </td>
    </tr>
  );
}

function KeyState({ of: key, isOver }: { readonly of: KeyLineFragment; readonly isOver: boolean }) {
  if (key.revokedAt !== null) return <Badge tone="quiet">Revoked</Badge>;
  if (isOver) return <Badge tone="quiet">Expired</Badge>;
  if (key.expiresAt === null) return <Badge tone="good">In force</Badge>;
  return (
    <>
      <Badge tone="good">In force</Badge> until <Instant at={key.expiresAt} />
    </>
  );
}

function CreateDialog({ close }: { readonly close: () => void }) {
  const queries = useQueryClient();
  const create = useMutation({
    mutationFn: (data: KeyWish) => ask(CreateApiKeyDocument, { data }),
    // Also after a lost answer: the key may have been made.
    onSettled: () => void queries.invalidateQueries({ queryKey: ['keys'] }),
    // The text of the key stays in this dialog and nowhere else.
    gcTime: 0,
  });
  const made = create.data?.createApiKey;
  if (made !== undefined) return <MadeKey text={made.text} close={close} />;
  return (
    <Dialog title="Create a key" onClose={close}>
      <KeyForm isBusy={create.isPending} error={create.error} submit={create.mutate} close={close} />
    </Dialog>
  );
}

function MadeKey({ text, close }: { readonly text: string; readonly close: () => void }) {
  return (
    <Dialog title="The new key" onClose={null}>
      <Notice tone="good">Copy it now. It is shown this once, and nobody can show it again.</Notice>
      <p className="new-key">
        <Copyable text={text} name="new key" />
      </p>
      <div className="dialog-foot">
        <Button tone="primary" onClick={close}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  );
}

interface KeyWish {
  readonly kind: ApiKeyKind;
  readonly label: string;
}

interface KeyFormProps {
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly submit: (wish: KeyWish) => void;
  readonly close: () => void;
}

function KeyForm({ isBusy, error, submit, close }: KeyFormProps) {
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (isBusy) return;
    const fields = event.currentTarget.elements;
    const { value: kind } = fields.namedItem('kind') as RadioNodeList;
    const { value: label } = fields.namedItem('label') as HTMLInputElement;
    submit({ kind: kind as ApiKeyKind, label: label.trim() });
  };
  return (
    <form className="stack" onSubmit={onSubmit}>
      <fieldset className="choices column">
        <legend>Kind</legend>
        <label className="choice">
          <input type="radio" name="kind" value="SECRET" defaultChecked /> Secret: opens everything, for backends
        </label>
        <label className="choice">
          <input type="radio" name="kind" value="PUBLISHABLE" /> Publishable: opens what a browser may see
        </label>
      </fieldset>
      <div className="field">
        <label htmlFor="key-label">What it is for</label>
        <input id="key-label" name="label" maxLength={100} placeholder="Shop backend" autoComplete="off" />
      </div>
      {error !== null && <Notice tone="bad">{problemOf(error)}</Notice>}
      <div className="dialog-foot">
        <Button onClick={close}>Not now</Button>
        <Button type="submit" tone="primary" isBusy={isBusy}>
          Create
        </Button>
      </div>
    </form>
  );
}

function problemOf(error: Error): string {
  return isLost(error)
    ? 'The gateway’s answer was lost. A key may have been made that nobody has seen: look for it in the list, and revoke it.'
    : messageOf(error);
}

function RevokeDialog({ of: key, close }: { readonly of: KeyLineFragment; readonly close: () => void }) {
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => ask(RevokeApiKeyDocument, { id: key.id }),
    onSuccess: () => {
      close();
      void queries.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  return (
    <Dialog title="Revoke the key" onClose={close}>
      <p>
        <code>{key.hint}</code> {key.label !== '' && `(${key.label})`} stops working at once and for good. Whatever still uses it
        is refused.
      </p>
      {key.isCurrent && <Notice tone="bad">You are signed in with this key: revoking it signs you out.</Notice>}
      {revoke.error !== null && <Notice tone="bad">{revoke.error.message}</Notice>}
      <div className="dialog-foot">
        <Button onClick={close}>Not now</Button>
        <Button tone="danger" isBusy={revoke.isPending} onClick={() => revoke.mutate()}>
          Revoke
        </Button>
      </div>
    </Dialog>
  );
}
