import { Popover } from '@base-ui/react/popover';
import { SlidersHorizontal, X } from 'lucide-react';
import { useId } from 'react';
import { now } from '../clock.ts';
import { formatMoney, parseAmount, toDecimal } from '../format/money.ts';
import { formatInstant, fromLocalInput, toLocalInput } from '../format/time.ts';
import { KINDS, PROVIDERS, SESSION_STATUSES } from '../format/words.ts';
import { changed, countFilters, type SessionsSearch, split, toggled } from './search.ts';

interface FiltersProps {
  readonly search: SessionsSearch;
  readonly show: (search: SessionsSearch) => void;
}

/** Everything that narrows the list down. Each change takes effect at once. */
export function Filters({ search, show }: FiltersProps) {
  const count = countFilters(search);
  return (
    <Popover.Root>
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
  const id = useId();
  const field = (name: 'from' | 'to', label: string) => (
    <div className="field">
      <label htmlFor={`${id}-${name}`}>{label}</label>
      <input
        id={`${id}-${name}`}
        type="datetime-local"
        value={toLocalInput(search[name] ?? '')}
        onChange={(event) => show(changed(search, { [name]: fromLocalInput(event.target.value) }))}
      />
    </div>
  );
  return (
    <fieldset className="pair">
      <legend>Started</legend>
      {field('from', 'From')}
      {field('to', 'Before')}
    </fieldset>
  );
}

const CURRENCY = /^[A-Za-z]{3}$/;

/** An amount is one of a currency, so its bounds need to know which. */
function Amounts({ search, show }: FiltersProps) {
  const id = useId();
  const currency = split(search.currency).length === 1 ? (search.currency ?? '') : '';
  const bound = (name: 'min' | 'max', label: string) => (
    <div className="field">
      <label htmlFor={`${id}-${name}`}>{label}</label>
      <input
        key={`${currency} ${search[name]}`}
        id={`${id}-${name}`}
        inputMode="decimal"
        disabled={currency === ''}
        placeholder={currency === '' ? 'Choose a currency' : ''}
        defaultValue={search[name] === undefined ? '' : toDecimal(search[name], currency)}
        onBlur={(event) => show(changed(search, { [name]: parseAmount(event.target.value, currency) ?? '' }))}
      />
    </div>
  );
  return (
    <fieldset className="pair three">
      <legend>Amount</legend>
      <div className="field">
        <label htmlFor={`${id}-currency`}>Currency</label>
        <input
          key={search.currency}
          id={`${id}-currency`}
          maxLength={3}
          placeholder="USD"
          defaultValue={search.currency ?? ''}
          onBlur={({ target }) => {
            const typed = CURRENCY.test(target.value) ? target.value.toUpperCase() : '';
            if (typed !== (search.currency ?? '')) show(changed(search, { currency: typed, min: '', max: '' }));
          }}
        />
      </div>
      {bound('min', 'At least')}
      {bound('max', 'At most')}
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
