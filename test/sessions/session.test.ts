import { describe, expect, test } from 'vitest';
import type { SessionOutcome } from '../../src/providers/provider.ts';
import {
  actionOf,
  isOpen,
  SESSION_SIGNALS,
  SESSION_STATUSES,
  type SessionSignal,
  type SessionStatus,
  signalOf,
  transitionSession,
} from '../../src/sessions/session.ts';

/** Written by hand from the life cycle, one row per status, in the order of SESSION_SIGNALS; `!` marks an alert. */
const EXPECTED: Record<SessionStatus, string> = {
  PENDING: 'PENDING ERROR UNKNOWN ACTIVE PENDING ACTIVE COMPLETED DECLINED CANCELED EXPIRED ERROR ERROR! UNKNOWN',
  ACTIVE: 'ACTIVE ACTIVE ACTIVE ACTIVE ACTIVE ACTIVE COMPLETED DECLINED CANCELED EXPIRED ERROR ERROR! UNKNOWN',
  UNKNOWN: 'PENDING ERROR UNKNOWN UNKNOWN ACTIVE ACTIVE COMPLETED DECLINED CANCELED EXPIRED ERROR ERROR! UNKNOWN',
  COMPLETED: 'COMPLETED '.repeat(11) + 'COMPLETED! COMPLETED',
  DECLINED: 'DECLINED '.repeat(6) + 'COMPLETED! ' + 'DECLINED '.repeat(4) + 'DECLINED! DECLINED',
  CANCELED: 'CANCELED '.repeat(6) + 'COMPLETED! ' + 'CANCELED '.repeat(4) + 'CANCELED! CANCELED',
  EXPIRED: 'EXPIRED '.repeat(6) + 'COMPLETED! ' + 'EXPIRED '.repeat(4) + 'EXPIRED! EXPIRED',
  ERROR: 'ERROR '.repeat(6) + 'COMPLETED! ' + 'ERROR '.repeat(4) + 'ERROR! ERROR',
};

const pairs = SESSION_STATUSES.flatMap((status) =>
  SESSION_SIGNALS.map((signal, index): [SessionStatus, SessionSignal, string] => [
    status,
    signal,
    EXPECTED[status].trim().split(/\s+/)[index] ?? '',
  ]),
);

describe('the life of a session', () => {
  test.each(pairs)('%s on %s becomes %s', (status, signal, expected) => {
    const { to, isAlert } = transitionSession(status, signal);
    expect(`${to}${isAlert ? '!' : ''}`).toBe(expected);
  });

  test('no signal but a success moves a session that has ended', () => {
    for (const status of SESSION_STATUSES.filter((each) => !isOpen(each))) {
      const moved = SESSION_SIGNALS.filter((signal) => transitionSession(status, signal).to !== status);
      expect(moved).toEqual(status === 'COMPLETED' ? [] : ['SUCCEEDED']);
    }
  });
});

describe('what an outcome means', () => {
  const outcome = (part: Partial<SessionOutcome>): SessionOutcome => ({
    phase: 'awaiting',
    closedReason: null,
    observedAt: new Date(0),
    providerCode: 'exm_1',
    sessionId: null,
    money: null,
    attempts: [],
    challengeUrl: null,
    ...part,
  });

  test('a cancel that was asked for ends as what it was asked for', () => {
    const canceled = outcome({ phase: 'closed', closedReason: 'canceled' });
    expect(signalOf(canceled, 'EXPIRED')).toBe('CLOSED_EXPIRED');
    expect(signalOf(canceled, 'DECLINED')).toBe('CLOSED_DECLINED');
    expect(signalOf(canceled, null)).toBe('CLOSED_CANCELED');
  });

  test('a word that the adapter does not know is neither success nor failure', () => {
    expect(signalOf(outcome({ phase: 'unknown' }), null)).toBe('UNREADABLE');
  });
});

describe('the expected next action', () => {
  const session = { status: 'ACTIVE', phase: 'awaiting', closingAs: null } as const;

  test.each([
    [{ ...session }, null, 'COLLECT_PAYMENT_METHOD'],
    [{ ...session, phase: 'authenticating' }, null, 'AUTHENTICATE'],
    [{ ...session, phase: 'processing' }, null, 'WAIT'],
    [{ ...session, phase: 'starting' }, null, 'WAIT'],
    [{ ...session, closingAs: 'EXPIRED' }, null, 'WAIT'],
    [{ ...session, status: 'UNKNOWN' }, null, 'WAIT'],
    [{ ...session, status: 'COMPLETED', phase: 'succeeded' }, 'HELD', 'SETTLE_OR_VOID'],
    [{ ...session, status: 'COMPLETED', phase: 'succeeded' }, 'SETTLED', 'NONE'],
    [{ ...session, status: 'EXPIRED', phase: 'closed' }, null, 'NONE'],
  ] as const)('of %o with hold %s is %s', (state, hold, action) => {
    expect(actionOf(state, hold)).toBe(action);
  });
});
