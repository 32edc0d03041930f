export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** What `encodeJson` can carry besides plain JSON: amounts and instants. */
export type Encodable =
  | string
  | number
  | boolean
  | null
  | undefined
  | bigint
  | Date
  | readonly Encodable[]
  | { readonly [key: string]: Encodable };

/** The value that the text holds, and undefined for a text that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const BIGINT_TAG = '$bigint';
const DATE_TAG = '$date';

/** Canonical text of a value: keys sorted, undefined dropped, bigint and Date tagged. Equal values give equal text. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(toTagged(value as Encodable));
}

export function decodeJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const only = entries.length === 1 ? entries[0] : undefined;
    if (only?.[0] === BIGINT_TAG) return BigInt(only[1] as string);
    if (only?.[0] === DATE_TAG) return new Date(only[1] as string);
    return value;
  });
}

function toTagged(value: Encodable): Json | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'bigint') return { [BIGINT_TAG]: value.toString() };
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return { [DATE_TAG]: value.toISOString() };
  if (Array.isArray(value)) return value.map((item: Encodable) => toTagged(item) ?? null);
  // Without a prototype, so that the key `__proto__` is a key like any other.
  const sorted: Record<string, Json> = Object.create(null);
  for (const key of Object.keys(value).sort()) {
    const inner = toTagged((value as Readonly<Record<string, Encodable>>)[key]);
    if (inner !== undefined) sorted[key] = inner;
  }
  return sorted;
}
