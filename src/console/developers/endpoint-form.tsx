import { type FormEvent, type ReactNode, useState } from 'react';
import { EVENT_TYPES } from '../../events/event.ts';
import type { EndpointLineFragment, WebhookOrdering, WebhookSignatureScheme } from '../../generated/console/graphql.ts';
import { isLost, messageOf } from '../api/ask.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { Notice } from '../parts/notice.tsx';
import { urlProblemOf, useCreate, useUpdate } from './endpoint-calls.ts';
import { type EndpointDialogProps, SchemeChoice, SecretDialog } from './endpoint-dialogs.tsx';
import { ORDERINGS } from './endpoint-words.tsx';

export function CreateEndpointDialog({ close }: { readonly close: () => void }) {
  const create = useCreate();
  if (create.data !== undefined) return <SecretDialog made={create.data} close={close} />;
  return (
    <Dialog title="Create an endpoint" onClose={close}>
      <EndpointForm
        given={{ url: '', description: null, eventTypes: [], ordering: 'PER_SESSION' }}
        verb="Create"
        isBusy={create.isPending}
        error={create.error}
        lost="The gateway’s answer was lost. An endpoint may have been created whose secret nobody has seen: look for it in the list, and rotate its secret."
        submit={(wish, scheme) => create.mutate({ ...wish, scheme })}
        close={close}
      >
        <SchemeChoice chosen="HMAC_SHA256" />
      </EndpointForm>
    </Dialog>
  );
}

export function EditDialog({ endpoint, close }: EndpointDialogProps) {
  const update = useUpdate(close);
  return (
    <Dialog title="Edit the endpoint" onClose={close}>
      <EndpointForm
        given={endpoint}
        verb="Save"
        isBusy={update.isPending}
        error={update.error}
        lost="The gateway’s answer was lost, so it may have been saved. Save again: twice is the same as once."
        submit={(wish) => update.mutate({ id: endpoint.id, ...wish })}
        close={close}
      />
    </Dialog>
  );
}

interface Wish {
  readonly url: string;
  readonly description: string | null;
  readonly eventTypes: string[];
  readonly ordering: WebhookOrdering;
}

interface EndpointFormProps {
  readonly given: Pick<EndpointLineFragment, keyof Wish>;
  readonly verb: string;
  readonly isBusy: boolean;
  readonly error: Error | null;
  /** What to do when nobody knows whether it was done. */
  readonly lost: string;
  readonly submit: (wish: Wish, scheme: WebhookSignatureScheme) => void;
  readonly close: () => void;
  readonly children?: ReactNode;
}

function EndpointForm({ given, verb, isBusy, error, lost, submit, close, children }: EndpointFormProps) {
  const [problem, setProblem] = useState<{ url?: string; types?: string }>({});
  const urlProblem = problem.url ?? urlProblemOf(error);
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (isBusy) return;
    const fields = new FormData(event.currentTarget);
    const wish = readWish(fields);
    const found = problemsOf(wish, fields.get('which'));
    setProblem(found);
    if (Object.keys(found).length === 0) submit(wish, fields.get('scheme') as WebhookSignatureScheme);
  };
  return (
    <form className="stack" onSubmit={onSubmit} noValidate>
      <Field id="endpoint-url" label="URL" problem={urlProblem}>
        <input
          id="endpoint-url"
          name="url"
          type="url"
          inputMode="url"
          autoComplete="off"
          placeholder="https://shop.example/webhooks"
          defaultValue={given.url}
          aria-invalid={urlProblem !== null}
          aria-describedby="endpoint-url-problem"
        />
      </Field>
      <div className="field">
        <label htmlFor="endpoint-description">What it is for</label>
        <input
          id="endpoint-description"
          name="description"
          maxLength={200}
          placeholder="Order service"
          autoComplete="off"
          defaultValue={given.description ?? ''}
        />
      </div>
      <EventChoice chosen={given.eventTypes} problem={problem.types ?? null} />
      <OrderingChoice chosen={given.ordering} />
      {children}
      {error !== null && urlProblemOf(error) === null && <Notice tone="bad">{isLost(error) ? lost : messageOf(error)}</Notice>}
      <div className="dialog-foot">
        <Button onClick={close}>Not now</Button>
        <Button type="submit" tone="primary" isBusy={isBusy}>
          {verb}
        </Button>
      </div>
    </form>
  );
}

function readWish(fields: FormData): Wish {
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  return {
    url: text('url'),
    description: text('description') || null,
    eventTypes: fields.get('which') === 'some' ? fields.getAll('type').map(String) : [],
    ordering: text('ordering') as WebhookOrdering,
  };
}

function problemsOf({ url, eventTypes }: Wish, which: unknown): { url?: string; types?: string } {
  return {
    ...(url === '' && { url: 'Type the URL that takes the messages.' }),
    ...(which === 'some' && eventTypes.length === 0 && { types: 'Choose at least one event, or all.' }),
  };
}

function EventChoice({ chosen, problem }: { readonly chosen: readonly string[]; readonly problem: string | null }) {
  const [isSome, setSome] = useState(chosen.length > 0);
  return (
    <fieldset className="choices column" aria-describedby="endpoint-types-problem">
      <legend>Events</legend>
      <label className="choice">
        <input type="radio" name="which" value="all" checked={!isSome} onChange={() => setSome(false)} /> All, also those of later
        versions
      </label>
      <label className="choice">
        <input type="radio" name="which" value="some" checked={isSome} onChange={() => setSome(true)} /> Only these
      </label>
      {isSome && (
        <div className="event-types" role="group" aria-label="Types of events">
          {EVENT_TYPES.map((type) => (
            <label key={type} className="choice">
              <input type="checkbox" name="type" value={type} defaultChecked={chosen.includes(type)} /> <code>{type}</code>
            </label>
          ))}
        </div>
      )}
      <p id="endpoint-types-problem" className="field-error" role="alert" hidden={problem === null}>
        {problem}
      </p>
    </fieldset>
  );
}

function OrderingChoice({ chosen }: { readonly chosen: WebhookOrdering }) {
  return (
    <fieldset className="choices column">
      <legend>Order</legend>
      {(Object.keys(ORDERINGS) as WebhookOrdering[]).map((ordering) => (
        <label key={ordering} className="choice">
          <input type="radio" name="ordering" value={ordering} defaultChecked={ordering === chosen} /> {ORDERINGS[ordering]}
        </label>
      ))}
    </fieldset>
  );
}
