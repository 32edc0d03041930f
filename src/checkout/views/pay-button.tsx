import type { Session } from '../session.ts';
import { Icon } from './icons.tsx';
import { useSpeech } from './speech.ts';

interface PayButtonProps {
  readonly session: Session;
  readonly isBusy: boolean;
}

/** Says what it does and, meanwhile, that it is being done. It keeps the focus, so it is never switched off: a second press does nothing. */
export function PayButton({ session, isBusy }: PayButtonProps) {
  const { sentences, money } = useSpeech();
  const amount = session.amountMinor === null ? '' : money(session);
  return (
    <>
      <button type="submit" class="button is-primary" aria-disabled={isBusy}>
        {isBusy ? <span class="spinner" aria-hidden="true" /> : <Icon name="lock" />}
        <span>{isBusy ? sentences.confirming : sentences.pay[session.kind](amount)}</span>
      </button>
      <p class="unseen" role="status">
        {isBusy ? sentences.confirming : ''}
      </p>
    </>
  );
}
