import { Popover } from '@base-ui/react/popover';
import { SlidersHorizontal, X } from 'lucide-react';
import { useId, useState } from 'react';
import { now } from '../clock.ts';
import { formatMoney, parseAmount, toDecimal } from '../format/money.ts';
import { formatInstant, fromLocalInput, toLocalInput } from '../format/time.ts';
import { KINDS, PROVIDERS, SESSION_STATUSES } from '../format/words.ts';
import { Field, type Problem, TextField } from '../parts/field.tsx';
import { useFollowing } from '../parts/following.ts';
import { changed, countFilters, type SessionsSearch, split, toggled } from './search.ts';

interface FiltersProps {
  readonly search: SessionsSearch;
  readonly show: (search: SessionsSearch) => void;
}

/** Everything that narrows the list down. Each change takes effect at once. */
export function Filters({ search, show }: FiltersProps) {
  const count = countFilters(search);
  return (
    <Popover.Root onOpenChange={(isOpen) => (isOpen ? undefined : leaveField())}>
      <Popover.Trigger className="button plain">
        <SlidersHorizontal size={16} aria-hidden="true" /> Filters{count > 0 && <span className="count">{count}</span>}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" className="positioner">
          <Popover.Popup className="popover filters">
            <Popover.Title className="unseen">Filters</Popover.Title>
            <Choices legend="Status" name="status" words={SESSION_STATUSES} search={search} show={show} />
            <Choices legend="Kind" name="kind" words={KINDS} search={search} show={show} />
            <Choices legend="Provider" name="provider" words={PROVIDERS} search={search} show={show} />
            <Period search={search} show={show} />
            <Amounts search={search} show={show} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** A field that is being typed in takes effect when it is left, also by closing what it stands in. */
function leaveField(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

interface ChoicesProps extends FiltersProps {
  readonly legend: string;
  readonly name: 'status' | 'kind' | 'provider';
  readonly words: Readonly<Record<string, string>>;
}

function Choices({ legend, name, words, search, show }: ChoicesProps) {
  const chosen = split(search[name]);
  return (
    <fieldset className="choices">
      <legend>{legend}</legend>
      {Object.entries(words).map(([value, word]) => (
        <label key={value} className="choice">
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => show(toggled(search, name, value))} />
          {word}
        </label>
      ))}
    </fieldset>
  );
}

/** Jumps as deep as one likes: the list begins at the instant by index. */
function Period({ search, show }: FiltersProps) {
  return (
    <fieldset className="pair">
      <legend>Started</legend>
      <InstantField label="From" name="from" search={search} show={show} />
      <InstantField label="Before" name="to" search={search} show={show} />
    </fieldset>
  );
}

interface InstantFieldProps extends FiltersProps {
  readonly label: string;
  readonly name: 'from' | 'to';
}

/** Years are typed digit by digit, and `0002` is one of them: only what can be meant is taken before the field is left. */
const PLAUSIBLE = /^[2-9]\d{3}-/;

function InstantField({ label, name, search, show }: InstantFieldProps) {
  const id = useId();
  const [problem, setProblem] = useState<string | null>(null);
  const [field, keep] = useFollowing(toLocalInput(search[name] ?? ''));
  const take = (text: string): void => {
    keep(text);
    const instant = fromLocalInput(text);
    if (instant !== (search[name] ?? '')) show(changed(search, { [name]: instant }));
  };
  const leave = ({ value, validity }: HTMLInputElement): void => {
    setProblem(validity.badInput ? 'Fill in the whole date and time.' : null);
    if (!validity.badInput) take(value);
  };
  return (
    <Field id={id} label={label} problem={problem}>
      <input
        id={id}
        ref={field}
        type="datetime-local"
        defaultValue={toLocalInput(search[name] ?? '')}
        aria-invalid={problem !== null}
        aria-describedby={`${id}-problem`}
        onChange={({ target }) => (PLAUSIBLE.test(target.value) ? take(target.value) : undefined)}
        onBlur={({ target }) => leave(target)}
      />
    </Field>
  );
}

const CURRENCY = /^[A-Za-z]{3}$/;

/** An amount is one of a currency, so its bounds need to know which. */
function Amounts({ search, show }: FiltersProps) {
  const currency = split(search.currency).length === 1 ? (search.currency ?? '') : '';
  const written = (name: 'min' | 'max'): string =>
    search[name] === undefined || currency === '' ? '' : toDecimal(search[name], currency);
  const readBound = (text: string): string | Problem => {
    if (text === '') return '';
    if (currency === '') return { problem: 'Choose a currency first.' };
    return parseAmount(text, currency) ?? { problem: `Such as ${toDecimal('1250', currency)}.` };
  };
  return (
    <fieldset className="pair three">
      <legend>Amount</legend>
      <TextField
        label="Currency"
        value={search.currency ?? ''}
        placeholder="USD"
        maxLength={3}
        read={(text) => (text === '' || CURRENCY.test(text) ? text.toUpperCase() : { problem: 'Three letters, such as USD.' })}
        take={(code) => show(changed(search, { currency: code, min: '', max: '' }))}
      />
      {(['min', 'max'] as const).map((name) => (
        <TextField
          key={name}
          label={name === 'min' ? 'At least' : 'At most'}
          value={written(name)}
          inputMode="decimal"
          read={readBound}
          take={(minor) => show(changed(search, { [name]: minor }))}
        />
      ))}
    </fieldset>
  );
}

/** What the list is narrowed down by, each with a button that takes it out. */
export function Conditions({ search, show }: FiltersProps) {
  const all = conditionsOf(search);
  if (all.length === 0) return null;
  return (
    <ul className="conditions" aria-label="Filters in use">
      {all.map(({ key, text, without }) => (
        <li key={key}>
          <button type="button" className="condition" onClick={() => show(without)}>
            {text} <X size={13} aria-hidden="true" />
            <span className="unseen">Remove this filter</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

interface Condition {
  readonly key: string;
  readonly text: string;
  readonly without: SessionsSearch;
}

function conditionsOf(search: SessionsSearch): readonly Condition[] {
  const currency = search.currency ?? '';
  const money = (minor: string): string => (CURRENCY.test(currency) ? formatMoney(minor, currency) : minor);
  const several = (name: 'status' | 'kind' | 'provider' | 'currency'): readonly Condition[] =>
    split(search[name]).map((value) => ({ key: name + value, text: wordOf(value), without: toggled(search, name, value) }));
  const one = (name: 'from' | 'to' | 'min' | 'max' | 'attention', write: (value: string) => string): readonly Condition[] => {
    const value = search[name];
    return value === undefined ? [] : [{ key: name, text: write(value), without: changed(search, { [name]: '' }) }];
  };
  return [
    ...several('status'),
    ...several('kind'),
    ...several('provider'),
    ...several('currency'),
    ...one('attention', () => 'Needs attention'),
    ...one('from', (instant) => `From ${formatInstant(instant, now())}`),
    ...one('to', (instant) => `Before ${formatInstant(instant, now())}`),
    ...one('min', (minor) => `At least ${money(minor)}`),
    ...one('max', (minor) => `At most ${money(minor)}`),
  ];
}

function wordOf(value: string): string {
  const words: Readonly<Record<string, string>> = { ...SESSION_STATUSES, ...KINDS, ...PROVIDERS };
  return words[value] ?? value;
}
