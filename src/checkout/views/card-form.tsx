import { useEffect, useRef, useState } from 'preact/hooks';
import type { Field } from '../banks/bank.ts';
import { brandOf, readCard, shapeCvc, shapeExpiry, shapeNumber } from '../card-input.ts';
import { CardField } from './card-field.tsx';
import type { FormProps } from './form.ts';
import { FormHead } from './notice.tsx';
import { PayButton } from './pay-button.tsx';
import { useSentences } from './speech.ts';
import { TestCards } from './test-cards.tsx';

/** Our own card form, for the test bank and simulated vendors. What is typed stays in its fields and goes to the bank alone. */
export function CardForm({ state, session, page, clock, notice, problems }: FormProps) {
  const sentences = useSentences();
  const form = useRef<HTMLFormElement>(null);
  const [brand, setBrand] = useState<string | null>(null);
  const [mended, setMended] = useState<readonly Field[]>([]);
  useEffect(() => setMended([]), [problems]);
  const isBusy = state.view.name === 'confirming';
  const valueOf = (field: Field): string => inputOf(form.current, field)?.value ?? '';
  const submit = (event: Event): void => {
    event.preventDefault();
    if (isBusy) return;
    const read = readCard({ number: valueOf('number'), expiry: valueOf('expiry'), cvc: valueOf('cvc') }, clock.nowMs());
    page.tell('card' in read ? { type: 'submitted', card: read.card } : { type: 'mistyped', problems: read.problems });
  };
  const pick = (number: string): void => {
    for (const [field, value] of [
      ['number', number],
      ['expiry', '12 / 34'],
      ['cvc', '123'],
    ] as const) {
      const input = inputOf(form.current, field);
      if (input === null) continue;
      input.value = value;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }
    form.current?.querySelector('button')?.focus();
  };
  const common = (field: Field) => ({
    field,
    label: sentences.labels[field],
    problem: mended.includes(field) ? undefined : problems[field],
    isReadOnly: isBusy,
    onMend: () => setMended((fields) => [...fields, field]),
  });
  return (
    <form ref={form} onSubmit={submit} noValidate>
      <FormHead state={state} notice={notice} />
      <CardField
        {...common('number')}
        autocomplete="cc-number"
        placeholder="1234 1234 1234 1234"
        shape={shapeNumber}
        badge={brand}
        onChange={(text) => setBrand(BRAND_NAMES[brandOf(text) ?? 'none'])}
      />
      <div class="row">
        <CardField {...common('expiry')} autocomplete="cc-exp" placeholder={sentences.expiryHint} shape={shapeExpiry} />
        <CardField {...common('cvc')} autocomplete="cc-csc" placeholder="123" shape={shapeCvc} hint={sentences.cvcHint} />
      </div>
      <PayButton session={session} isBusy={isBusy} />
      <TestCards onPick={pick} />
    </form>
  );
}

const BRAND_NAMES = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'Amex',
  discover: 'Discover',
  none: null,
} as const;

function inputOf(form: HTMLFormElement | null, field: Field): HTMLInputElement | null {
  return form?.querySelector<HTMLInputElement>(`#${field}`) ?? null;
}
