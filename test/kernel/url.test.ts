import { expect, test } from 'vitest';
import { isUrl } from '../../src/kernel/url.ts';

const TRIES = 300_000;

// A bug: after some ten thousand calls, URL.canParse of Node.js 20 refused every address with such a letter.
test('an address with other letters is one, however many were tried before', () => {
  for (let round = 0; round < TRIES; round += 1) isUrl(`https://shop${round % 10}.example/`);
  expect(['https://bücher.example', 'https://shop.example/zurück?größe=1', 'https://例え.example'].map(isUrl)).toEqual([
    true,
    true,
    true,
  ]);
  expect(['', 'shop.example', '/path', 'https://', 'https://a b', 'ü'].map(isUrl)).toEqual(
    Array.from({ length: 6 }, () => false),
  );
});
