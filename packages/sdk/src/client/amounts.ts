/** The fields that hold amounts. They travel as strings, because JSON numbers lose digits beyond 2^53. */
const AMOUNT_FIELDS = ['amount', 'settledAmount', 'refundedAmount', 'refundableAmount'] as const;
type AmountField = (typeof AMOUNT_FIELDS)[number];

/** JSON of the merchant's or the provider's own: a field named `amount` in there is not ours. */
const FOREIGN_FIELDS: readonly string[] = ['payload', 'metadata', 'config', 'data'];

/** An answer with its amounts as bigint. */
export type WithBigints<T> = T extends readonly (infer Item)[]
  ? WithBigints<Item>[]
  : T extends object
    ? { [Key in keyof T]: Key extends AmountField ? (T[Key] extends string ? bigint : T[Key]) : WithBigints<T[Key]> }
    : T;

/** Turns the amounts of an answer into bigint, at every depth, and leaves everything else as it is. */
export function reviveAmounts<T>(value: T): WithBigints<T> {
  return revive(value) as WithBigints<T>;
}

function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reviveField(key, item)]));
}

function reviveField(key: string, item: unknown): unknown {
  if (FOREIGN_FIELDS.includes(key)) return item;
  const isAmount = (AMOUNT_FIELDS as readonly string[]).includes(key);
  return isAmount && typeof item === 'string' ? BigInt(item) : revive(item);
}

/** JSON text with each bigint as a string of digits, the way the gateway reads amounts. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
}
