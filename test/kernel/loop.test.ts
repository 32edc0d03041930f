import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLogger } from '../../src/kernel/log.ts';
import { createLoop, type LoopOptions } from '../../src/kernel/loop.ts';

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function loopOf(round: LoopOptions['round']) {
  const log = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  return createLoop({ name: 'test', log, pauseMs: 100, roundMsMax: 1_000, round });
}

const never = () => new Promise<never>(() => {});

describe('a loop', () => {
  test('begins a round at its start and one after each pause', async () => {
    let rounds = 0;
    const loop = loopOf(async () => void (rounds += 1));
    loop.start();
    loop.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(rounds).toBe(1);
    await vi.advanceTimersByTimeAsync(300);
    expect(rounds).toBe(4);
    await loop.stop(0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rounds).toBe(4);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['rejects with nothing', () => Promise.reject(undefined)],
    [
      'throws before its first wait',
      () => {
        throw new Error('broken');
      },
    ],
  ])('goes on after a round that %s, and logs it', async (_what, fail) => {
    let rounds = 0;
    const loop = loopOf(() => {
      rounds += 1;
      return fail();
    });
    loop.start();
    await vi.advanceTimersByTimeAsync(200);
    expect(rounds).toBe(3);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('a round of background work failed');
    await loop.stop(0);
  });

  test('leaves a round behind that hangs, tells it to take up nothing more, and goes on', async () => {
    const signals: AbortSignal[] = [];
    const loop = loopOf((signal) => {
      signals.push(signal);
      return signals.length === 1 ? never() : Promise.resolve();
    });
    loop.start();
    await vi.advanceTimersByTimeAsync(999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await vi.advanceTimersByTimeAsync(101);
    expect(signals[0]?.aborted).toBe(true);
    expect(signals).toHaveLength(2);
    expect(lines.join()).toContain('was left behind');
    await loop.stop(0);
  });

  test('ignores what a round does that was left behind', async () => {
    let fail = (_error: Error) => {};
    const loop = loopOf(
      () =>
        new Promise((_resolve, reject) => {
          fail = reject;
        }),
    );
    loop.start();
    await vi.advanceTimersByTimeAsync(1_050);
    fail(new Error('late'));
    const stopped = loop.stop(0);
    await vi.advanceTimersByTimeAsync(1_000);
    await stopped;
    expect(lines.join()).not.toContain('late');
  });

  test('begins the next round at once when it is woken during one, and ends its pause when it is woken in it', async () => {
    let rounds = 0;
    const loop = loopOf(async () => {
      rounds += 1;
      if (rounds === 1) loop.wake();
    });
    loop.wake();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rounds).toBe(0);
    loop.start();
    await vi.advanceTimersByTimeAsync(1);
    expect(rounds).toBe(2);
    loop.wake();
    await vi.advanceTimersByTimeAsync(1);
    expect(rounds).toBe(3);
    await loop.stop(0);
    loop.wake();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rounds).toBe(3);
  });

  test('waits at its stop for the round under way, for at most the limit', async () => {
    let isDone = false;
    const loop = loopOf(async () => {
      await new Promise((done) => setTimeout(done, 500));
      isDone = true;
    });
    loop.start();
    await vi.advanceTimersByTimeAsync(10);
    const stopped = loop.stop(10_000);
    await vi.advanceTimersByTimeAsync(500);
    await stopped;
    expect(isDone).toBe(true);

    const hanging = loopOf(never);
    hanging.start();
    await vi.advanceTimersByTimeAsync(10);
    const left = hanging.stop(200);
    await vi.advanceTimersByTimeAsync(200);
    await left;
    expect(lines.join()).toContain('still under way at the stop');
  });
});
