import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode } from 'graphql';
import { GraphQLBigInt, GraphQLDateTimeISO } from 'graphql-scalars';

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
/** More digits than any amount has, and few enough that parsing them costs nothing. */
const DIGITS_MAX = 40;
/** Longer than any instant in ISO 8601 is written. */
const INSTANT_LENGTH_MAX = 100;

/**
 * graphql-scalars' BigInt answers JSON numbers where they fit and may parse to numbers. Amounts need the other half of each
 * choice: always a string on the wire, always a bigint inside, and no JSON number that has lost digits on its way.
 */
export const BigIntScalar = new GraphQLScalarType<bigint, string>({
  ...GraphQLBigInt.toConfig(),
  name: 'BigInt',
  description:
    'A whole number of any size. Answers always hold it as a JSON string, such as "10000". Inputs take a string, an integer literal, or a JSON number within ±(2^53−1).',
  serialize: (value) => {
    if (typeof value !== 'bigint') throw new TypeError('A BigInt field resolved to something other than a bigint.');
    return value.toString();
  },
  parseValue: parseInteger,
  parseLiteral: parseIntegerLiteral,
});

function parseInteger(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return parseNumber(value);
  if (typeof value === 'string') return parseDigits(value);
  throw unfit('A BigInt is a string of digits or an integer.');
}

function parseNumber(value: number): bigint {
  if (!Number.isInteger(value)) throw unfit('A BigInt has no fraction.');
  if (!Number.isSafeInteger(value)) {
    throw unfit('A JSON number beyond ±(2^53−1) may have lost digits: send a string.');
  }
  return BigInt(value);
}

function parseDigits(text: string): bigint {
  if (text.length > DIGITS_MAX || !INTEGER.test(text)) {
    throw unfit(`A BigInt string holds digits only, at most ${DIGITS_MAX}, without leading zeros.`);
  }
  return BigInt(text);
}

function parseIntegerLiteral(node: ValueNode): bigint {
  if (node.kind === Kind.STRING || node.kind === Kind.INT) return parseDigits(node.value);
  throw unfit('A BigInt is a string of digits or an integer.');
}

/** Marked as ours: its message never repeats the value, so it can be shown as it is. */
function unfit(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** An instant in ISO 8601. Numbers are refused: nobody can tell seconds from milliseconds. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'An instant in ISO 8601 with a time zone, such as "2026-11-23T10:15:30.000Z". Answers are always in UTC.',
  serialize: (value) => {
    if (!(value instanceof Date)) throw new TypeError('A DateTime field resolved to something other than a Date.');
    return value.toISOString();
  },
  parseValue: parseInstant,
  parseLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : print(node)),
});

function parseInstant(value: unknown): Date {
  if (typeof value !== 'string') throw unfit('A DateTime is an ISO 8601 string with a time zone.');
  const instant = parseIso(value);
  if (instant === null) throw unfit('A DateTime is an ISO 8601 string with a time zone, such as "2026-11-23T10:15:30Z".');
  const year = instant.getUTCFullYear();
  // PostgreSQL knows no year 0, and a year of five digits has another form.
  if (year < 1 || year > 9999) throw unfit('A DateTime lies in the years 1 to 9999.');
  return instant;
}

function parseIso(text: string): Date | null {
  if (text.length > INSTANT_LENGTH_MAX) return null;
  try {
    return GraphQLDateTimeISO.parseValue(text);
  } catch {
    return null;
  }
}
