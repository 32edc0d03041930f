import { describe, expect, test } from 'vitest';
import {
  isLive,
  isUnsettled,
  TRANSACTION_ACTIONS,
  TRANSACTION_SIGNALS,
  TRANSACTION_STATUSES,
  type TransactionStatus,
  transitionTransaction,
} from '../../src/transactions/transaction.ts';

/** Written by hand from the life cycle, in the order of TRANSACTION_SIGNALS; `!` marks an alert. */
const ENDED = (status: string) => `${status} ${status} SUCCEEDED! ${`${status} `.repeat(6)}`;
const EXPECTED: Record<TransactionStatus, string> = {
  PENDING: 'STARTED PENDING SUCCEEDED DECLINED FAILED CANCELED EXPIRED ERROR UNKNOWN',
  STARTED: 'STARTED STARTED SUCCEEDED DECLINED FAILED CANCELED EXPIRED ERROR UNKNOWN',
  UNKNOWN: 'STARTED PENDING SUCCEEDED DECLINED FAILED CANCELED EXPIRED ERROR UNKNOWN',
  SUCCEEDED: 'SUCCEEDED SUCCEEDED SUCCEEDED SUCCEEDED! SUCCEEDED! SUCCEEDED! SUCCEEDED! SUCCEEDED SUCCEEDED',
  FAILED: ENDED('FAILED'),
  DECLINED: ENDED('DECLINED'),
  CANCELED: ENDED('CANCELED'),
  EXPIRED: ENDED('EXPIRED'),
  ERROR: ENDED('ERROR'),
};

const cases = TRANSACTION_ACTIONS.flatMap((action) =>
  TRANSACTION_STATUSES.flatMap((status) =>
    TRANSACTION_SIGNALS.map((signal, index) => {
      const isReturned = action === 'REFUND' && status === 'SUCCEEDED' && signal === 'FAILED';
      const expected = isReturned ? 'FAILED!' : (EXPECTED[status].trim().split(/\s+/)[index] ?? '');
      return [action, status, signal, expected] as const;
    }),
  ),
);

describe('the life of a transaction', () => {
  test.each(cases)('a %s in %s on %s becomes %s', (action, status, signal, expected) => {
    const { to, isAlert } = transitionTransaction(action, status, signal);
    expect(`${to}${isAlert ? '!' : ''}`).toBe(expected);
  });

  test('an amount is claimed from the record to the end, and after a success', () => {
    expect(TRANSACTION_STATUSES.filter(isLive)).toEqual(['PENDING', 'STARTED', 'SUCCEEDED', 'UNKNOWN']);
    expect(TRANSACTION_STATUSES.filter(isUnsettled)).toEqual(['PENDING', 'STARTED', 'UNKNOWN']);
  });
});
