import { useEffect, useRef, useState } from 'preact/hooks';
import type { FieldLook } from '../banks/bank.ts';
import type { FormProps } from './form.ts';
import { FormHead } from './notice.tsx';
import { PayButton } from './pay-button.tsx';
import { useSpeech } from './speech.ts';

/** The vendor's own fields, in the same place as our form. This page cannot read what is typed into them. */
export function FieldForm({ state, session, page, notice, problems, bank }: FormProps) {
  const { sentences, locale } = useSpeech();
  const place = useRef<HTMLDivElement>(null);
  const [isReady, setIsReady] = useState(false);
  const isBusy = state.view.name === 'confirming';
  useEffect(() => {
    if (place.current === null || bank.takes !== 'fields') return;
    bank.mount(place.current, { ...lookOfPage(), locale, labels: sentences.labels }).then(
      () => setIsReady(true),
      () => page.tell({ type: 'fields-failed' }),
    );
  }, [bank]);
  const submit = (event: Event): void => {
    event.preventDefault();
    if (isReady && !isBusy) page.tell({ type: 'submitted', card: null });
  };
  return (
    <form onSubmit={submit} noValidate>
      <FormHead state={state} notice={notice} />
      <div class="vendor" aria-busy={!isReady}>
        <div ref={place} />
        {isReady ? null : (
          <div class="bones" aria-hidden="true">
            <div class="bone is-field" />
            <div class="bone is-field" />
          </div>
        )}
      </div>
      <p class="problem" role="alert">
        {Object.values(problems)
          .map((problem) => sentences.problems[problem])
          .join(' ')}
      </p>
      <PayButton session={session} isBusy={isBusy} />
    </form>
  );
}

/** The vendor's fields are in frames of their own, which the page's style does not reach. */
function lookOfPage(): Pick<FieldLook, 'isDark' | 'colors' | 'radius'> {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    isDark: matchMedia('(prefers-color-scheme: dark)').matches,
    colors: { accent: read('accent'), surface: read('surface'), ink: read('ink'), bad: read('bad') },
    radius: read('radius'),
  };
}
