import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plainReason } from '../../src/providers/nuvei/words.ts';

describe('a reason of Nuvei', () => {
  // The table is the adapter's own: what it knows must never be dropped, in whatever case it is written.
  const source = readFileSync(new URL('../../src/providers/nuvei/declines.ts', import.meta.url), 'utf8');
  const table = source.slice(source.indexOf('BY_REASON:'), source.indexOf('ADVICE_BY_NETWORK_CODE'));
  const known = [...table.matchAll(/^ {2}'?([a-z ]+?)'?: \[/gm)].map(([, reason]) => reason ?? '');

  it('that the table knows is kept in any case', () => {
    expect(known.length).toBeGreaterThan(30);
    for (const reason of known) {
      const title = reason.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
      for (const text of [reason, reason.toUpperCase(), title]) expect(plainReason(text)).toBe(text);
    }
  });

  it.each([
    'LOST/STOLEN',
    'Do not honor (05)',
    'something new',
    '10.4',
    'No',
    'Invalid CVV2',
    'amount too large',
    "issuer's limit",
  ])('%s is kept', (text) => {
    expect(plainReason(` ${text} `)).toBe(text);
  });

  it.each([
    '',
    'Filter: card 4242424242424242 is blacklisted',
    'card 4242 4242 4242 4242',
    'card 42 42 42 42',
    'card ٤٢٤٢٤٢٤٢',
    'call +1 212 555 0100',
    'jane@example.com',
    'Jane Smith',
    'JANE SMITH',
    'Declined: Müller',
    'see https://shop.example/?card=1',
    'word '.repeat(20),
    'a\nb<script>',
  ])('%j is dropped', (text) => {
    expect(plainReason(text)).toBeNull();
  });
});
