import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLogger } from '../../src/kernel/log.ts';
import { createStreams, type NewsSources, STREAM_LIMITS } from '../../src/live/streams.ts';
import { createTestClock } from '../support/clock.ts';
import { must } from '../support/gateway.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const KEY = { kind: 'SECRET_KEY', id: 'key' } as const;
const session = (id: string, version = 1) => ({ kind: 'SESSION', id, version }) as const;

/** Streams over sources that count what they are asked. */
function lab(given: Partial<NewsSources> = {}) {
  const asked: string[] = [];
  const log = createLogger({ level: 'silent' });
  const sources: NewsSources = {
    async findChangedSessions(known) {
      asked.push(`sessions ${known.map(({ id }) => id).join()}`);
      return [];
    },
    async findReadersBehind(readers) {
      asked.push(`log ${readers.length}`);
      return [];
    },
    async findHoldersInForce(holders) {
      asked.push('holders');
      return holders.map(({ id }) => id);
    },
    ...given,
  };
  const streams = createStreams(
    { clock: createTestClock(), log, sources },
    { ...STREAM_LIMITS, perProcess: 10, keptForBackends: 4 },
  );
  return { asked, streams };
}

describe('the looks of streams', () => {
  test('ask nothing before the first stream and after the last', async () => {
    const { asked, streams } = lab();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual([]);
    const stream = must(streams.open(KEY, session('a')));
    await vi.advanceTimersByTimeAsync(300);
    expect(asked).toEqual(['sessions a']);
    stream.end();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toEqual(['sessions a']);
  });

  test('are one for all readers of a kind, and come down to one in a second while there are no news', async () => {
    const { asked, streams } = lab();
    for (const id of ['a', 'b', 'c']) must(streams.open(KEY, session(id)));
    must(streams.open(KEY, { kind: 'EVENTS', scope: { merchantId: 'm', environment: 'TEST' }, cursor: 'c' }));
    await vi.advanceTimersByTimeAsync(60_000);
    const looks = asked.filter((what) => what === 'sessions a,b,c');
    expect(asked.filter((what) => what === 'log 1')).toHaveLength(looks.length);
    expect(looks.length).toBeGreaterThan(55);
    expect(looks.length).toBeLessThan(66);
    expect(asked.filter((what) => what === 'holders').length).toBeLessThanOrEqual(30);
  });

  test('wake the readers that have news, and those of this process at once', async () => {
    const { streams } = lab({ findChangedSessions: async () => ['b'] });
    const [first, second] = [must(streams.open(KEY, session('a'))), must(streams.open(KEY, session('b')))];
    let woken = 0;
    void first.next().then(() => (woken += 1));
    const found = second.next();
    await vi.advanceTimersByTimeAsync(300);
    expect(await found).toBe('NEWS');
    expect(woken).toBe(0);
    streams.notice({ sessionIds: ['a'] });
    await vi.advanceTimersByTimeAsync(0);
    expect(woken).toBe(1);
  });

  test('go on after one that failed', async () => {
    let looks = 0;
    const { streams } = lab({
      async findChangedSessions() {
        looks += 1;
        if (looks === 1) throw new Error('The database is away.');
        return ['a'];
      },
    });
    const news = must(streams.open(KEY, session('a'))).next();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await news).toBe('NEWS');
  });
});

describe('the places of streams', () => {
  const PUBLISHABLE = { kind: 'PUBLISHABLE_KEY', id: 'public' } as const;

  test('are three of a session for its payers with publishable keys, and three with its token', () => {
    const { streams } = lab();
    for (const holder of [PUBLISHABLE, { kind: 'TOKEN', id: 'a' }] as const) {
      for (let count = 0; count < 3; count += 1) must(streams.open(holder, session('a')));
      expect(streams.open(holder, session('a'))).toMatchObject({ ok: false, refusal: { code: 'TOO_MANY_REQUESTS' } });
    }
    expect(streams.open({ ...PUBLISHABLE, id: 'another' }, session('a')).ok).toBe(false);
    expect(streams.count).toBe(6);
  });

  test('are more for all payers of a shop than for a key, and some stay for backends', () => {
    const { streams } = lab();
    const payers = Array.from({ length: 6 }, (_, index) => must(streams.open(PUBLISHABLE, session(`${index}`))));
    expect(streams.open(PUBLISHABLE, session('late'))).toMatchObject({ ok: false, refusal: { code: 'TOO_MANY_REQUESTS' } });
    expect(streams.open({ kind: 'TOKEN', id: 'late' }, session('late')).ok).toBe(false);
    for (let count = 0; count < 3; count += 1) must(streams.open(KEY, session('a')));
    must(streams.open({ kind: 'SIGN_IN', id: 'console' }, session('a')));
    expect(streams.open(KEY, session('a')).ok).toBe(false);
    payers[0]?.end();
    expect(streams.open(PUBLISHABLE, session('late')).ok).toBe(true);
  });
});
