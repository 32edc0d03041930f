/** What a JSON text may hold. Nothing of a text that holds more is parsed, so a refusal costs one pass over its characters. */
export interface JsonLimits {
  /** Values and containers in all. */
  readonly nodesMax: number;
  readonly depthMax: number;
  /** Elements of one list, or fields of one object. */
  readonly entriesMax: number;
  /** Characters of one number, which costs more than its length to read. */
  readonly numberLengthMax: number;
}

/** What the text of a stranger may hold. */
export const JSON_LIMITS = {
  nodesMax: 5_000,
  depthMax: 20,
  entriesMax: 1_000,
  numberLengthMax: 400,
} as const satisfies JsonLimits;

/** Why the text is not parsed. */
export type JsonProblem = 'not-json' | 'too-large';

export type ReadJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: JsonProblem; readonly message: string };

/** Parses a JSON text within the limits, those of a stranger unless given. The message of a problem repeats nothing of the text. */
export function readJsonText(text: string, limits: JsonLimits = JSON_LIMITS): ReadJson {
  const excess = findExcess(text, limits);
  if (excess !== null) return { ok: false, problem: 'too-large', message: excess };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, problem: 'not-json', message: 'This is not JSON.' };
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
/** `[` and `{`, `]` and `}` differ in this bit only. */
const BRACE_BIT = 32;
const OPENING = 91 | BRACE_BIT;
const CLOSING = 93 | BRACE_BIT;
const NUMBER_PART = /[-+.\deE]*/y;

/** What the text has too much of, or null. It may still be no JSON: only what bounds the cost of parsing is looked at. */
function findExcess(text: string, { nodesMax, depthMax, entriesMax, numberLengthMax }: JsonLimits): string | null {
  /** Commas of each open container; the document itself is the first. */
  const commas: number[] = [0];
  let nodes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === COMMA || (code | BRACE_BIT) === OPENING) {
      nodes += 1;
      if (nodes > nodesMax) return `There are more than ${nodesMax} values in it.`;
      if (code === COMMA) {
        const count = (commas.at(-1) ?? 0) + 1;
        if (count >= entriesMax) return `A list or an object in it has more than ${entriesMax} entries.`;
        commas[commas.length - 1] = count;
      } else if (commas.push(0) > depthMax + 1) {
        return `It is more than ${depthMax} levels deep.`;
      }
    } else if ((code | BRACE_BIT) === CLOSING) {
      if (commas.length > 1) commas.pop();
    } else if (code >= 48 && code <= 57) {
      const length = lengthOfNumber(text, at);
      if (length > numberLengthMax) return `A number in it has more than ${numberLengthMax} characters.`;
      at += length - 1;
    }
  }
  return null;
}

/** The place of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

function lengthOfNumber(text: string, at: number): number {
  NUMBER_PART.lastIndex = at;
  return NUMBER_PART.exec(text)?.[0].length ?? 1;
}

/** The same for bytes, which must be UTF-8. */
export function readJsonBytes(bytes: Uint8Array, limits: JsonLimits = JSON_LIMITS): ReadJson {
  const text = decodeUtf8(bytes);
  return text === null ? { ok: false, problem: 'not-json', message: 'This is not UTF-8.' } : readJsonText(text, limits);
}

/** Null unless the bytes are UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
