import { describe, expect, test } from 'vitest';
import type { Movement, SessionOutcome } from '../../src/providers/provider.ts';
import { endOfLeftAttempt, leftMovement, listUnnamed, matchAttempts, nextPosition } from '../../src/sessions/attempts.ts';
import type { Transaction } from '../../src/transactions/transaction.ts';

const attempt = (fields: Partial<Transaction>): Transaction =>
  ({ id: fields.providerCode, status: 'STARTED', isProcessing: false, attempt: 1, ...fields }) as Transaction;
const movement = (providerCode: string, fields: Partial<Movement> = {}): Movement =>
  ({ providerCode, status: 'processing', ...fields }) as Movement;
const outcome = (fields: Partial<SessionOutcome>): SessionOutcome =>
  ({ phase: 'processing', closedReason: null, attempts: [], ...fields }) as SessionOutcome;
/** The recorded attempt of each movement, by reference. */
const matches = (movements: readonly Movement[], before: readonly Transaction[]) =>
  matchAttempts(outcome({ attempts: movements }), before).map((match) => match.attempt?.providerCode ?? null);

describe('a movement is', () => {
  test('the attempt with its reference, also one that has ended', () => {
    expect(
      matches(
        [movement('a'), movement('b')],
        [attempt({ providerCode: 'b' }), attempt({ providerCode: 'a', status: 'DECLINED' })],
      ),
    ).toEqual(['a', 'b']);
  });
  test('a new attempt under an unknown reference', () => {
    expect(matches([movement('new')], [attempt({ providerCode: 'a', status: 'DECLINED' })])).toEqual([null]);
  });
  test('the attempt that waits for its payer and is not named any more', () => {
    expect(matches([movement('late')], [attempt({ providerCode: 'early' })])).toEqual(['early']);
  });
  test('not the attempt that the bank is at work on', () => {
    expect(matches([movement('late')], [attempt({ providerCode: 'early', isProcessing: true })])).toEqual([null]);
  });
  test('not one without a reference, because it says of none that it replaces it', () => {
    expect(matches([movement('late')], [attempt({ providerCode: null, isProcessing: true })])).toEqual([null]);
  });
  test('the attempt that it says it replaces, also one that the bank is at work on', () => {
    const before = [attempt({ providerCode: 'waiting' }), attempt({ providerCode: 'busy', isProcessing: true })];
    expect(matches([movement('late', { replaces: 'busy' })], before)).toEqual(['busy']);
  });
  test('an attempt of its own where two movements are new and one attempt waits', () => {
    expect(matches([movement('x'), movement('y')], [attempt({ providerCode: 'waiting' })])).toEqual(['waiting', null]);
  });
});

test('attempts in progress that an outcome does not name', () => {
  const all = [
    attempt({ providerCode: 'a' }),
    attempt({ providerCode: 'b' }),
    attempt({ providerCode: 'c', status: 'DECLINED' }),
  ];
  expect(listUnnamed(all, outcome({ attempts: [movement('a')] })).map(({ providerCode }) => providerCode)).toEqual(['b']);
});

test('positions go on from the highest', () => {
  expect(nextPosition([])).toBe(1);
  expect(nextPosition([attempt({ attempt: 3 }), attempt({ attempt: 1 })])).toBe(4);
});

describe('an attempt in progress that is not named any more has', () => {
  test.each<
    [phase: SessionOutcome['phase'], reason: SessionOutcome['closedReason'], waiting: string | null, busy: string | null]
  >([
    ['awaiting', null, 'canceled', null],
    ['authenticating', null, null, null],
    ['processing', null, null, null],
    ['unknown', null, null, null],
    ['succeeded', null, 'canceled', 'unknown'],
    ['closed', 'expired', 'expired', 'unknown'],
    ['closed', 'canceled', 'canceled', 'unknown'],
    ['closed', 'declined', 'canceled', 'unknown'],
    ['closed', 'failed', 'canceled', 'unknown'],
  ])('in %s (%s) come to %s, or %s where the bank was at work', (phase, closedReason, waiting, busy) => {
    const ended = outcome({ phase, closedReason });
    expect(endOfLeftAttempt(attempt({ providerCode: 'a' }), ended)).toBe(waiting);
    expect(endOfLeftAttempt(attempt({ providerCode: 'a', isProcessing: true }), ended)).toBe(busy);
  });

  test('its own reference and nothing else', () => {
    expect(leftMovement(attempt({ providerCode: 'a' }), 'expired')).toMatchObject({
      providerCode: 'a',
      status: 'expired',
      money: null,
      hold: null,
    });
  });
});
