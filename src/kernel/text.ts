const REPLACEMENT = '\uFFFD';
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The text as PostgreSQL and UTF-8 can hold it: a NUL and half a surrogate pair become the replacement character. */
export function cleanText(text: string): string {
  return text.replace(LONE_SURROGATE, REPLACEMENT).replaceAll('\0', REPLACEMENT);
}

/** The same for every text inside a value, the names of its members included. What is clean already is returned as it is. */
export function cleanTexts<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(clean);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [cleanText(name), clean(inner)]));
}
