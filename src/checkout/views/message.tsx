import type { ComponentChildren } from 'preact';
import { webAddressOf } from '../address.ts';
import type { Page } from '../page.ts';
import type { Message as Sentence } from '../sentences.ts';
import type { State, View } from '../state.ts';
import { Icon, type IconName } from './icons.tsx';
import { useSentences } from './speech.ts';

interface MessageProps {
  readonly icon: IconName | 'spinner';
  readonly tone: 'calm' | 'good' | 'bad' | 'careful';
  readonly sentence: Sentence;
  readonly amount?: string | null;
  readonly children?: ComponentChildren;
}

/** One thing to know, and at most one thing to do. */
export function Message({ icon, tone, sentence, amount, children }: MessageProps) {
  return (
    <div class={`message is-${tone}`}>
      <div class="medal" aria-hidden="true">
        {icon === 'spinner' ? <span class="spinner" /> : <Icon name={icon} />}
      </div>
      <h2 data-focus tabIndex={-1}>
        {sentence.heading}
      </h2>
      {amount ? <p class="amount">{amount}</p> : null}
      <p>{sentence.text}</p>
      {children}
    </div>
  );
}

interface StandstillProps {
  readonly state: State;
  readonly view: Exclude<View, { name: 'opening' | 'asking' | 'confirming' | 'ended' }>;
  readonly page: Page;
}

/** Whatever holds the payment up. */
export function Standstill({ state, view, page }: StandstillProps) {
  const sentences = useSentences();
  switch (view.name) {
    case 'unreachable':
      return (
        <Message icon="info" tone="careful" sentence={sentences.unreachable}>
          <CheckAgain state={state} page={page} />
        </Message>
      );
    case 'waiting': {
      const isOver = view.on === 'end' || view.isGivenUp;
      const sentence = view.isGivenUp && view.on !== 'end' ? sentences.waitingGivenUp : sentences.waiting[view.on];
      return (
        <Message icon={isOver ? 'clock' : 'spinner'} tone="calm" sentence={sentence}>
          {view.isGivenUp ? <CheckAgain state={state} page={page} /> : null}
        </Message>
      );
    }
    // The payer must know that they must not try again, and that somebody is finding out.
    case 'uncertain': {
      const { uncertain, uncertainGivenUp } = sentences;
      const text = view.isGivenUp ? uncertainGivenUp : uncertain.text;
      return (
        <Message icon={view.isGivenUp ? 'info' : 'spinner'} tone="careful" sentence={{ ...uncertain, text }}>
          <CheckAgain state={state} page={page} />
        </Message>
      );
    }
    case 'challenged':
      return <Challenge view={view} page={page} />;
  }
}

function CheckAgain({ state, page }: { state: State; page: Page }) {
  const sentences = useSentences();
  return (
    <button type="button" class="button" aria-disabled={state.isLooking} onClick={() => page.tell({ type: 'asked-again' })}>
      {state.isLooking ? sentences.checking : sentences.checkAgain}
    </button>
  );
}

function Challenge({ view, page }: { view: Extract<View, { name: 'challenged' }>; page: Page }) {
  const sentences = useSentences();
  switch (view.way) {
    // On the way too: a browser may stop there.
    case 'leaving':
    case 'offered':
      return (
        <Message icon={view.way === 'leaving' ? 'spinner' : 'bank'} tone="calm" sentence={sentences.challenged}>
          <button type="button" class="button is-primary" onClick={() => page.tell({ type: 'challenge-chosen' })}>
            {sentences.toBank}
          </button>
        </Message>
      );
    case 'apart':
      return (
        <Message icon="bank" tone="calm" sentence={sentences.challengedApart}>
          <a class="button is-primary" href={webAddressOf(view.url) ?? ''} target="_blank" rel="noopener noreferrer">
            {sentences.toBank}
          </a>
        </Message>
      );
  }
}
