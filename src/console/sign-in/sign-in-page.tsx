import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { SIGN_IN } from '../api/queries.ts';
import { signIn } from '../api/sign-in.ts';
import { Button } from '../parts/button.tsx';
import { Notice } from '../parts/notice.tsx';

interface SignInPageProps {
  /** Why the link that led here did not open the door. */
  readonly problem: string | null;
}

/** The door: a secret key, or a link from whoever runs the gateway. */
export function SignInPage({ problem }: SignInPageProps) {
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationKey: SIGN_IN,
    mutationFn: signIn,
    onSuccess: (state) => queries.setQueryData(SIGN_IN, state),
  });
  const shown = mutation.error?.message ?? (mutation.isIdle ? problem : null);
  return (
    <main className="sign-in">
      <title>Sign in · Tollgate</title>
      <div className="sign-in-card">
        <p className="brand">
          <span className="brand-mark" aria-hidden="true" /> Tollgate
        </p>
        <h1>Sign in to the console</h1>
        {shown !== null && <Notice tone="bad">{shown}</Notice>}
        <KeyForm isBusy={mutation.isPending} submit={(secretKey) => mutation.mutate({ secretKey })} />
        <p className="hint">
          No key at hand? Whoever runs the gateway prints a link that signs you in once:{' '}
          <code>npx tollgate console &lt;merchant&gt;</code>
        </p>
      </div>
    </main>
  );
}

function KeyForm({ isBusy, submit }: { readonly isBusy: boolean; readonly submit: (secretKey: string) => void }) {
  const [isEmpty, setEmpty] = useState(false);
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('secretKey') as HTMLInputElement;
    const secretKey = field.value.trim();
    setEmpty(secretKey === '');
    if (secretKey === '' || isBusy) return field.focus();
    submit(secretKey);
    // Given away: this page keeps no copy.
    field.value = '';
  };
  return (
    <form className="stack" onSubmit={onSubmit} autoComplete="off" noValidate>
      <div className="field">
        <label htmlFor="secret-key">Secret key</label>
        <input
          id="secret-key"
          name="secretKey"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="sk_test_…"
          aria-invalid={isEmpty}
          aria-describedby="secret-key-hint"
        />
        <p id="secret-key-hint" className={isEmpty ? 'field-error' : 'hint'}>
          {isEmpty ? 'Paste a secret key.' : 'It is traded for a sign-in of twelve hours and not kept in this browser.'}
        </p>
      </div>
      <Button type="submit" tone="primary" isBusy={isBusy}>
        {isBusy ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  );
}
