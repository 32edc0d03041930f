import { DECLINES, type DeclineReason, type Message, type Sentences } from '../sentences.ts';
import type { Notice } from '../state.ts';
import { Icon } from './icons.tsx';
import { useSentences } from './speech.ts';

interface NoticeProps {
  readonly notice: Notice | null;
  /** How often the payer can still try; null where it is not known. */
  readonly triesLeft: number | null;
}

/** What happened last, in the place where the form says what it is for: nothing moves when it changes. */
export function FormHead({ notice, triesLeft }: NoticeProps) {
  const sentences = useSentences();
  if (notice === null) {
    return (
      <div class="form-head">
        <h2>{sentences.cardHeading}</h2>
        <p>{sentences.cardGoesTo}</p>
      </div>
    );
  }
  const { heading, text } = messageOf(notice, sentences);
  const isDeclined = notice.about === 'declined';
  return (
    <div class={`form-head notice ${isDeclined ? 'is-bad' : ''}`} data-focus tabIndex={-1}>
      <Icon name={isDeclined ? 'cross' : 'info'} />
      <div>
        <h2>{heading}</h2>
        <p>
          {text} {isDeclined && triesLeft !== null ? sentences.triesLeft(triesLeft) : null}
        </p>
      </div>
    </div>
  );
}

function messageOf(notice: Notice, sentences: Sentences): Message {
  switch (notice.about) {
    case 'declined':
      return { heading: sentences.declined, text: sentences.declines[reasonOf(notice.code)] };
    case 'nothing-happened':
      return sentences.nothingHappened;
    case 'busy':
      return sentences.busy;
    case 'unsent':
      return sentences.unsent;
  }
}

/** A code that a payer can do nothing about, or had better not be told, is one of many. */
function reasonOf(code: string | null): DeclineReason {
  return DECLINES.find((reason) => reason === code) ?? 'other';
}
