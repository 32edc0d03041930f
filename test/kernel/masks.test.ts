import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MASKS, SECRET_PREFIXES, SIGNS_OF_A_MASK } from '../../src/kernel/masks.ts';

/** What the masks are made of, so that texts of some of them meet each mask often. */
const WORDS = `Bearer basic proxy-authorization Cookie pi_1_secret_ https :// /webhooks/ stripe/ client Secret TOKEN password
  passwd cvc cvv api Key credentials - _ = %3D : ":" " \\" @ %40 ünï host.example abcd aaaaaaaaaaaaaaaaaaaa`;
/** Some masks need three or four of the words in one order: these bring the first two. */
const BEGINNINGS = ['signing_key: ', 'https://jane:', 'https://host.example/webhooks/stripe/'];
const PIECES = [...SECRET_PREFIXES, ...WORDS.split(/\s+/), ...BEGINNINGS, ': ', ' ', '"jane d"@'];

it('no mask fits a text without a sign of one', () => {
  const fitted = new Set<RegExp>();
  const texts = fc.array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 8 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      const fitting = MASKS.filter(([pattern]) => text.search(pattern) >= 0);
      for (const [pattern] of fitting) fitted.add(pattern);
      return fitting.length === 0 || SIGNS_OF_A_MASK.test(text);
    }),
    { numRuns: 40_000 },
  );
  expect(MASKS.filter(([pattern]) => !fitted.has(pattern))).toEqual([]);
});
