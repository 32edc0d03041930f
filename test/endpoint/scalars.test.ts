import fc from 'fast-check';
import { GraphQLError, parseValue } from 'graphql';
import { describe, expect, test } from 'vitest';
import { BigIntScalar, DateTimeScalar } from '../../src/endpoint/scalars.ts';

describe('BigInt', () => {
  test('answers a string of digits at any size, and reads it back as the same bigint', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 80n), 2n ** 80n), (value) => {
        const text = BigIntScalar.serialize(value);
        expect(typeof text).toBe('string');
        expect(BigIntScalar.parseValue(text)).toBe(value);
        expect(BigIntScalar.parseLiteral(parseValue(text))).toBe(value);
        expect(BigIntScalar.parseLiteral(parseValue(`"${text}"`))).toBe(value);
      }),
    );
  });

  test('reads a JSON number within ±(2^53−1) as a bigint and refuses one beyond, asking for a string', () => {
    expect(BigIntScalar.parseValue(Number.MAX_SAFE_INTEGER)).toBe(9007199254740991n);
    expect(() => BigIntScalar.parseValue(Number.MAX_SAFE_INTEGER + 1)).toThrow('send a string');
  });

  test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, '', ' 1', '1e3', '0x10', '01', '+1', '1'.repeat(41), true, null, {}, []])(
    'refuses %j',
    (value) => {
      expect(() => BigIntScalar.parseValue(value)).toThrow(GraphQLError);
    },
  );

  test('leaves BigInt.prototype alone', () => {
    expect('toJSON' in BigInt.prototype).toBe(false);
  });
});

describe('DateTime', () => {
  test('reads any zone and answers UTC', () => {
    expect(DateTimeScalar.serialize(DateTimeScalar.parseValue('2026-11-23T12:00:00+02:00'))).toBe('2026-11-23T10:00:00.000Z');
  });

  test.each(['2026-11-23', '2026-11-23T12:00:00', 'now', '', 1764000000, null])('refuses %j', (value) => {
    expect(() => DateTimeScalar.parseValue(value)).toThrow(GraphQLError);
  });
});
