import { describe, expect, it } from 'vitest';
import { createBoundedCache } from '../../src/kernel/bounded-cache.ts';

describe('a bounded cache', () => {
  it('never weighs more than its limit, whatever is put in', () => {
    const cache = createBoundedCache<number>(800);
    for (let key = 0; key < 1_000; key += 1) {
      cache.set(`key ${key}`, key, key % 150);
      expect(cache.weight).toBeLessThanOrEqual(800);
    }
  });

  it('drops the least recently used values first', () => {
    const cache = createBoundedCache<string>(80);
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) cache.set(key, key, 10);
    cache.get('a');
    cache.set('i', 'i', 10);
    expect([cache.get('a'), cache.get('b'), cache.get('i')]).toEqual(['a', undefined, 'i']);
  });

  it('counts a value once when it gets a new weight', () => {
    const cache = createBoundedCache<string>(80);
    cache.set('a', 'first', 10);
    cache.set('a', 'second', 4);
    expect([cache.get('a'), cache.weight]).toEqual(['second', 4]);
  });

  it('forgets a value whose new weight is more than an eighth of the limit', () => {
    const cache = createBoundedCache<string>(80);
    cache.set('a', 'a', 10);
    cache.set('a', 'a', 11);
    expect([cache.get('a'), cache.weight]).toEqual([undefined, 0]);
  });
});
