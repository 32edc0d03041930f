import { describe, expect, test } from 'vitest';
import { addMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import {
  dueEnding,
  nextCheckAfterOutcome,
  nextCheckAfterRefusedCancel,
  nextCheckAfterStart,
  nextLook,
} from '../../src/sessions/due.ts';
import type { Session } from '../../src/sessions/session.ts';

const CREATED = new Date('2026-01-01T12:00:00.000Z');
const EXPIRES = addMs(CREATED, 30 * MINUTE_MS);
const at = (minutes: number): Date => addMs(CREATED, minutes * MINUTE_MS);

/** The fields that the rules read. */
function session(fields: Partial<Session> = {}): Session {
  const base = {
    status: 'ACTIVE',
    phase: 'awaiting',
    attempts: 1,
    attemptsMax: 5,
    closingAs: null,
    expiresAt: EXPIRES,
    startedAt: CREATED,
    createdAt: CREATED,
    erasedAt: null,
  };
  return { ...base, ...fields } as Session;
}

describe('after an outcome, the next look comes', () => {
  test.each<[when: string, session: Partial<Session>, now: Date, expected: Date | null]>([
    ['never once the session has ended', { status: 'COMPLETED', phase: 'succeeded' }, at(1), null],
    ['at expiry while the payer is awaited', {}, at(1), EXPIRES],
    ['at once when the attempts are used up', { attempts: 5 }, at(1), at(1)],
    ['soon while the payer is at the bank in the last attempt', { phase: 'authenticating', attempts: 5 }, at(20), at(25)],
    ['after 10 s while the bank is at work', { phase: 'processing' }, at(0), addMs(CREATED, 10 * SECOND_MS)],
    ['after a quarter of the age', { phase: 'authenticating' }, at(20), at(25)],
    ['after an hour at most', { phase: 'processing' }, at(600), at(660)],
    ['soon while the outcome could not be read', { status: 'UNKNOWN' }, at(0), addMs(CREATED, 10 * SECOND_MS)],
    ['by the creation where the session never started', { phase: 'processing', startedAt: null }, at(20), at(25)],
  ])('%s', (_when, fields, now, expected) => {
    expect(nextCheckAfterOutcome(session(fields), now)).toEqual(expected);
  });
});

describe('after the end of a start, the next look comes', () => {
  const starting = { status: 'PENDING', phase: 'starting' } as const;
  test.each<[when: string, Partial<Session>, Parameters<typeof nextCheckAfterStart>[1], Date, Date | null]>([
    ['never when it was refused', { status: 'ERROR' }, 'START_REFUSED', at(1), null],
    ['at expiry when it was answered', starting, 'STARTED', at(1), EXPIRES],
    ['at once when its payer was erased meanwhile', { ...starting, erasedAt: at(1) }, 'STARTED', at(2), at(2)],
    ['at expiry when the answer was lost before', starting, 'START_LOST', at(1), EXPIRES],
    ['ever more rarely when it was lost after', starting, 'START_LOST', at(40), at(50)],
    ['a quarter of the age later when it was lost at expiry', starting, 'START_LOST', at(30), at(37.5)],
    ['at expiry when it was answered after', starting, 'STARTED', at(40), EXPIRES],
    ['at expiry when it was lost and its payer erased', { ...starting, erasedAt: at(1) }, 'START_LOST', at(2), EXPIRES],
  ])('%s', (_when, fields, signal, now, expected) => {
    expect(nextCheckAfterStart(session(fields), signal, now)).toEqual(expected);
  });
});

test('a cancel that was refused is tried again after a minute, and the later, the longer the session is over', () => {
  expect(nextCheckAfterRefusedCancel(session(), at(1))).toEqual(at(2));
  expect(nextCheckAfterRefusedCancel(session(), at(70))).toEqual(at(80));
  expect(nextCheckAfterRefusedCancel(session(), addMs(EXPIRES, 10 * HOUR_MS))).toEqual(addMs(EXPIRES, 11 * HOUR_MS));
});

describe('after a look, the next one comes', () => {
  test.each<[when: string, Partial<Session>, Date, Date]>([
    ['at expiry while the payer is awaited', {}, at(1), EXPIRES],
    ['after a minute at least', { phase: 'processing' }, at(1), at(2)],
    ['after a quarter of the age', { phase: 'processing' }, at(20), at(25)],
    ['when the time at the bank is over', { phase: 'authenticating' }, at(43), at(45)],
    ['by its age once that is over', { phase: 'authenticating' }, at(48), at(60)],
    ['by its age at the moment at which that is over', { phase: 'authenticating' }, at(45), at(56.25)],
    ['by its age while there is time left at the bank', { phase: 'authenticating' }, at(20), at(25)],
    ['by its age while the bank is at work', { phase: 'processing' }, at(44), at(55)],
    ['by its age from its expiry on', {}, at(30), at(37.5)],
  ])('%s', (_when, fields, now, expected) => {
    expect(nextLook(session(fields), now)).toEqual(expected);
  });
});

describe('an open session has come', () => {
  test.each<[to: string, Partial<Session>, { canCancel: boolean; now: Date }, ReturnType<typeof dueEnding>]>([
    ['to no end while it can be paid', {}, { canCancel: true, now: at(29) }, null],
    ['to its expiry', {}, { canCancel: true, now: at(30) }, 'EXPIRED'],
    ['to no end while the bank is at work', { phase: 'processing' }, { canCancel: true, now: at(99) }, null],
    ['to no end while the payer is at the bank', { phase: 'authenticating' }, { canCancel: true, now: at(44) }, null],
    ['to its expiry once that time is over', { phase: 'authenticating' }, { canCancel: true, now: at(45) }, 'EXPIRED'],
    ['to a decline when the attempts are used up', { attempts: 5 }, { canCancel: true, now: at(1) }, 'DECLINED'],
    ['to a cancellation when its payer was erased', { erasedAt: at(1) }, { canCancel: true, now: at(1) }, 'CANCELED'],
    [
      'to no end while its erased payer is at the bank',
      { phase: 'authenticating', erasedAt: at(1) },
      { canCancel: true, now: at(1) },
      null,
    ],
    [
      'to no end while the payer is at the bank in the last attempt',
      { phase: 'authenticating', attempts: 5 },
      { canCancel: true, now: at(1) },
      null,
    ],
    ['to what it is being closed as', { closingAs: 'CANCELED' }, { canCancel: true, now: at(1) }, 'CANCELED'],
    ['to no end where the provider cannot cancel', { closingAs: 'CANCELED' }, { canCancel: false, now: at(99) }, null],
  ])('%s', (_to, fields, when, expected) => {
    expect(dueEnding(session(fields), when)).toBe(expected);
  });
});
