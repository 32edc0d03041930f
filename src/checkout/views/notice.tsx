import { DECLINES, type DeclineReason, type Message, type Sentences } from '../sentences.ts';
import { attemptsLeft, type Notice, type State } from '../state.ts';
import { Icon } from './icons.tsx';
import { useSentences } from './speech.ts';

interface NoticeProps {
  readonly state: State;
  readonly notice: Notice | null;
}

/** What happened last, in the place where the form says what it is for: nothing moves when it changes. */
export function FormHead({ state, notice }: NoticeProps) {
  const sentences = useSentences();
  if (notice === null) {
    return (
      <div class="form-head" tabIndex={-1}>
        <h2>{sentences.cardHeading}</h2>
        <p>{sentences.cardGoesTo}</p>
      </div>
    );
  }
  const { heading, text } = messageOf(notice, state, sentences);
  const isDeclined = notice.about === 'declined';
  return (
    <div class={`form-head notice ${isDeclined ? 'is-bad' : ''}`} data-focus tabIndex={-1}>
      <Icon name={isDeclined ? 'cross' : 'info'} />
      <div>
        <h2>{heading}</h2>
        <p>{text}</p>
      </div>
    </div>
  );
}

function messageOf(notice: Notice, state: State, sentences: Sentences): Message {
  if (notice.about !== 'declined') return sentences[notice.about];
  const { session } = state;
  const left = attemptsLeft(state);
  const parts = [sentences.declines[reasonOf(notice.code)]];
  if (session !== null) parts.push(sentences.nothingDone[session.kind]);
  if (left !== null) parts.push(sentences.triesLeft(left));
  return { heading: sentences.declined, text: parts.join(' ') };
}

/** A code that a payer can do nothing about, or had better not be told, is one of many. */
function reasonOf(code: string | null): DeclineReason {
  return DECLINES.find((reason) => reason === code) ?? 'other';
}
