import { readFileSync } from 'node:fs';
import { iso31661, iso31662 } from 'iso-3166';
import { describe, expect, it } from 'vitest';
import { COUNTRY_CODES, isSubdivisionWithin, withoutCountry } from '../../src/kernel/country.ts';
import { CURRENCY_CODES } from '../../src/kernel/currency.ts';

/** Our own lists of what lives are compared with newer ones that come with Node.js and with libraries: a list that ages fails here. */
describe('a list of ours holds what a current source holds', () => {
  /** Withdrawn before the gateway existed, so no money of ours is in them. */
  const WITHDRAWN = ['CUC', 'HRK', 'SLL', 'ZWL'];

  it('the currencies of Node.js', () => {
    const missing = Intl.supportedValuesOf('currency').filter((code) => !CURRENCY_CODES.includes(code));
    expect(missing.filter((code) => !WITHDRAWN.includes(code))).toEqual([]);
  });

  it('the countries of ISO 3166-1', () => {
    expect(iso31661.map(({ alpha2 }) => alpha2).filter((code) => !COUNTRY_CODES.includes(code))).toEqual([]);
  });

  it('the countries that Stripe ships to, with Kosovo', () => {
    const types = readFileSync(
      new URL('../../node_modules/stripe/esm/resources/Checkout/Sessions.d.ts', import.meta.url),
      'utf8',
    );
    const stripes = [...(/type AllowedCountry = ([^;]*);/.exec(types)?.[1] ?? '').matchAll(/'([A-Z]{2})'/g)].map(
      ([, code]) => code,
    );
    expect(stripes.length).toBeGreaterThan(200);
    // ZZ stands for an unknown country. The people of AC and TA use SH, as ISO 3166-1 has it.
    const missing = stripes.filter((code) => !['ZZ', 'AC', 'TA'].includes(code ?? '') && !COUNTRY_CODES.includes(code ?? ''));
    expect(missing).toEqual([]);
    expect(COUNTRY_CODES).toContain('XK');
  });
});

describe('a code of a state', () => {
  it('is taken in its own country, known or not', () => {
    const refused = iso31662.filter(({ code }) => !isSubdivisionWithin(code, code.slice(0, 2)));
    expect(refused).toEqual([]);
    expect(['NO-32', 'NO-30', 'IN-TS', 'FR-20R', 'MX-CMX', 'KZ-33', 'US-ZZ'].map((code) => [code, withoutCountry(code)])).toEqual(
      [
        ['NO-32', '32'],
        ['NO-30', '30'],
        ['IN-TS', 'TS'],
        ['FR-20R', '20R'],
        ['MX-CMX', 'CMX'],
        ['KZ-33', '33'],
        ['US-ZZ', 'ZZ'],
      ],
    );
  });

  it.each([
    ['US-PR', 'PR'],
    ['PR-SJ', 'US'],
    ['CN-HK', 'HK'],
    ['FR-RE', 'RE'],
    ['NL-CW', 'CW'],
    ['RS-KM', 'XK'],
    ['NO-21', 'SJ'],
    ['FI-01', 'AX'],
  ])('%s is taken in %s, which has codes of both', (state, country) => {
    expect(isSubdivisionWithin(state, country)).toBe(true);
  });

  it('of another country is not', () => {
    expect(isSubdivisionWithin('CA-QC', 'US')).toBe(false);
    expect(isSubdivisionWithin('DE-BE', 'US')).toBe(false);
  });
});
