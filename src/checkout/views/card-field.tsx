import { useRef } from 'preact/hooks';
import type { Field, Problem } from '../banks/bank.ts';
import type { Shaped, Typed } from '../card-input.ts';
import { useSentences } from './speech.ts';

export type Shape = (before: string, typed: Typed) => Shaped;

interface CardFieldProps {
  readonly field: Field;
  readonly label: string;
  readonly problem: Problem | undefined;
  readonly autocomplete: 'cc-number' | 'cc-exp' | 'cc-csc';
  readonly placeholder: string;
  readonly isReadOnly: boolean;
  /** Puts what is typed into shape. */
  readonly shape: Shape;
  readonly hint?: string;
  /** Shown at the end of the field. */
  readonly badge?: string | null;
  readonly onChange?: (text: string) => void;
  /** Something was typed into a field that was wrong. */
  readonly onMend: () => void;
}

/** One field. Its text lives in the browser's own input, so that nothing else of the page holds a card number. */
export function CardField({ field, label, problem, shape, hint, badge, onChange, onMend, ...rest }: CardFieldProps) {
  const sentences = useSentences();
  const before = useRef('');
  const reshape = (input: HTMLInputElement, deleted: Typed['deleted']): void => {
    const caret = input.selectionStart ?? input.value.length;
    const shaped = shape(before.current, { text: input.value, caret, deleted });
    before.current = shaped.text;
    if (input.value !== shaped.text) {
      input.value = shaped.text;
      // A browser that fills the form in may not be given the caret: some take the focus with it.
      if (document.activeElement === input) input.setSelectionRange(shaped.caret, shaped.caret);
    }
    onChange?.(shaped.text);
    if (problem !== undefined) onMend();
  };
  const onInput = (event: InputEvent & { currentTarget: HTMLInputElement }): void => {
    // While an input method composes, a change of the text would make it write its digits twice.
    if (!event.isComposing) reshape(event.currentTarget, deletedBy(event.inputType));
  };
  const onCompositionEnd = (event: CompositionEvent & { currentTarget: HTMLInputElement }): void =>
    reshape(event.currentTarget, null);
  const described = hint === undefined ? `${field}-problem` : `${field}-problem ${field}-hint`;
  return (
    <div class="field">
      <label for={field}>{label}</label>
      <div class="box">
        <input
          id={field}
          name={field}
          type="text"
          inputMode="numeric"
          autoComplete={rest.autocomplete}
          placeholder={rest.placeholder}
          readOnly={rest.isReadOnly}
          required
          aria-invalid={problem !== undefined}
          aria-describedby={described}
          onInput={onInput}
          onCompositionEnd={onCompositionEnd}
        />
        {badge ? (
          <span class="brand" aria-hidden="true">
            {badge}
          </span>
        ) : null}
      </div>
      <p class="problem" id={`${field}-problem`}>
        {problem === undefined ? '' : sentences.problems[problem]}
      </p>
      {hint === undefined ? null : (
        <p class="unseen" id={`${field}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

function deletedBy(inputType: string | undefined): Typed['deleted'] {
  if (!inputType?.startsWith('delete')) return null;
  return inputType.endsWith('Forward') ? 'after' : 'before';
}
