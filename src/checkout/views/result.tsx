import { useEffect, useState } from 'preact/hooks';
import { webAddressOf } from '../address.ts';
import { isFramed } from '../frame.ts';
import { type Ending, type State, SUCCESSES } from '../state.ts';
import type { IconName } from './icons.tsx';
import { Message } from './message.tsx';
import { useSpeech } from './speech.ts';

type Look = readonly [icon: IconName, tone: 'calm' | 'good' | 'bad' | 'careful'];

const LOOKS: Readonly<Record<Ending, Look>> = {
  paid: ['check', 'good'],
  held: ['check', 'good'],
  stored: ['check', 'good'],
  declined: ['cross', 'bad'],
  canceled: ['cross', 'calm'],
  expired: ['clock', 'careful'],
  failed: ['cross', 'bad'],
  invalid: ['info', 'calm'],
  incomplete: ['info', 'calm'],
  elsewhere: ['check', 'calm'],
  unserved: ['info', 'calm'],
};

const RETURN_AFTER_SECONDS = 5;

/** By the gateway's word alone. */
const NOTHING_DONE: readonly Ending[] = ['declined', 'canceled', 'expired'];

/** The last word, with the way back to the shop. Only a payment that has just succeeded leads back by itself. */
export function Result({ state, ending, isFresh }: { state: State; ending: Ending; isFresh: boolean }) {
  const { sentences, money } = useSpeech();
  const { session, shop } = state;
  const [icon, tone] = LOOKS[ending];
  const address = session?.returnUrl == null ? null : webAddressOf(session.returnUrl);
  const { heading, text } = sentences.endings[ending];
  const isNothingDone = session !== null && NOTHING_DONE.includes(ending);
  const hasAmount = session?.amountMinor != null && (ending === 'paid' || ending === 'held');
  return (
    <Message
      icon={icon}
      tone={tone}
      sentence={{ heading, text: isNothingDone ? `${sentences.nothingDone[session.kind]} ${text}` : text }}
      amount={hasAmount && session !== null ? money(session) : null}
    >
      {address === null || shop === null ? null : (
        <>
          <a class={`button ${SUCCESSES.includes(ending) ? 'is-primary' : ''}`} href={address} target="_top" rel="noreferrer">
            {sentences.backToShop(shop.name)}
          </a>
          {isFresh && !isFramed() ? <Return address={address} /> : null}
        </>
      )}
    </Message>
  );
}

/** Goes back after a few seconds unless the payer wants to stay. */
function Return({ address }: { address: string }) {
  const { sentences } = useSpeech();
  const [seconds, setSeconds] = useState<number | null>(RETURN_AFTER_SECONDS);
  useEffect(() => {
    if (seconds === null) return undefined;
    const timer = setTimeout(() => {
      if (seconds > 1) setSeconds(seconds - 1);
      else location.assign(address);
    }, 1000);
    return () => clearTimeout(timer);
  }, [seconds]);
  if (seconds === null) return null;
  const stay = (): void => {
    setSeconds(null);
    // The button goes, and must not take the focus with it.
    document.querySelector<HTMLElement>('[data-focus]')?.focus();
  };
  return (
    <div class="return">
      <p aria-hidden="true">{sentences.returning(seconds)}</p>
      <p class="unseen" role="status">
        {sentences.returning(RETURN_AFTER_SECONDS)}
      </p>
      <button type="button" class="link" onClick={stay}>
        {sentences.stayHere}
      </button>
    </div>
  );
}
