import type {
  ClientSessionSelector,
  TransactionProvider,
  TransactionProviderSelector,
  TransactionSelector,
} from '../generated/graphql.ts';
import { inputError } from './errors.ts';

/** Exactly one of the two. `undefined` counts as left out, so that a missing environment variable is told as such. */
export interface ProviderChoice {
  /** The id of a provider account. */
  readonly merchantTransactionProviderId?: string | undefined;
  /** A provider, for the merchant's default account there. */
  readonly transactionProvider?: TransactionProvider | undefined;
}

/** Exactly one of these. */
export interface SessionChoice {
  readonly id?: string | undefined;
  readonly token?: string | undefined;
  readonly providerCode?: string | undefined;
  readonly merchantInternalTransactionCode?: string | undefined;
}

/** Exactly one of these. */
export type TransactionChoice = Omit<SessionChoice, 'token'>;

export function toProviderSelector(choice: ProviderChoice): TransactionProviderSelector {
  return pickOne(choice, ['merchantTransactionProviderId', 'transactionProvider']);
}

export function toSessionSelector(choice: SessionChoice): ClientSessionSelector {
  return pickOne(choice, ['id', 'token', 'providerCode', 'merchantInternalTransactionCode']);
}

export function toTransactionSelector(choice: TransactionChoice): TransactionSelector {
  return pickOne(choice, ['id', 'providerCode', 'merchantInternalTransactionCode']);
}

function pickOne<Selector>(choice: object, names: readonly string[]): Selector {
  const values = choice as Readonly<Record<string, unknown>>;
  const chosen = names.filter((name) => values[name] !== undefined && values[name] !== null && values[name] !== '');
  const [only] = chosen;
  if (only !== undefined && chosen.length === 1) return { [only]: values[only] } as Selector;
  if (chosen.length > 1) throw inputError(chosen, `Pass exactly one of ${names.join(', ')}, not ${chosen.join(' and ')}.`);
  const blank = names.find((name) => name in values);
  const hint = blank === undefined ? '' : ` ${blank} is there but has no value: is the environment variable set?`;
  throw inputError(blank === undefined ? [] : [blank], `Pass exactly one of ${names.join(', ')}.${hint}`);
}
