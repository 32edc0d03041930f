import { describe, expect, test } from 'vitest';
import type { MovementStatus } from '../../src/providers/provider.ts';
import {
  allowedTransactionCalls,
  CALLS_BY_STANDING,
  isReturnedTwice,
  offersCall,
  refundableMinor,
  signalOfMovement,
  standingOf,
  TRANSACTION_ACTIONS,
  TRANSACTION_STATUSES,
  type Transaction,
  type TransactionStatus,
} from '../../src/transactions/transaction.ts';

/** A payment of 1,000 that succeeded and was given back by nobody, unless told. */
function transaction(fields: Partial<Transaction> = {}): Transaction {
  const sums = { amountMinor: 1000n, refundReservedMinor: 0n, disputedAmountMinor: 0n };
  return { action: 'PAYMENT', status: 'SUCCEEDED', hold: null, providerCode: 'known', ...sums, ...fields } as Transaction;
}
const HELD = { action: 'AUTHORIZATION', status: 'SUCCEEDED', hold: 'HELD' } as const;
const EVERYTHING = { effects: ['SETTLE', 'VOID', 'REFUND'], voidsPayments: true } as const;

describe('the money of a transaction', () => {
  test('was captured in a payment or a settle that succeeded, and in nothing else', () => {
    const captured = TRANSACTION_ACTIONS.flatMap((action) =>
      TRANSACTION_STATUSES.filter((status) => standingOf(transaction({ action, status, hold: 'HELD' }), null) === 'CAPTURED').map(
        (status) => `${action} ${status}`,
      ),
    );
    expect(captured).toEqual(['PAYMENT SUCCEEDED', 'SETTLE SUCCEEDED']);
  });

  test.each<[hold: Partial<Transaction>, ending: TransactionStatus | null, expected: string]>([
    [HELD, null, 'HELD'],
    [{ ...HELD, hold: 'EXPIRED' }, null, 'NONE'],
    [{ ...HELD, status: 'DECLINED' }, null, 'NONE'],
    [HELD, 'PENDING', 'ENDING'],
    [HELD, 'STARTED', 'ENDING'],
    [HELD, 'UNKNOWN', 'ENDING'],
    [HELD, 'SUCCEEDED', 'NONE'],
  ])('of an authorization (%o) with an ending in %s is %s', (hold, ending, expected) => {
    expect(standingOf(transaction(hold), ending === null ? null : { status: ending })).toBe(expected);
  });

  test('is settled or voided while it is held, refunded or voided once it was captured, and left alone else', () => {
    expect(CALLS_BY_STANDING).toEqual({ HELD: ['SETTLE', 'VOID'], ENDING: [], CAPTURED: ['REFUND', 'VOID'], NONE: [] });
  });
});

describe('what can be given back', () => {
  test.each<[fields: Partial<Transaction>, expected: bigint]>([
    [{}, 1000n],
    [{ refundReservedMinor: 300n }, 700n],
    [{ disputedAmountMinor: 300n }, 700n],
    [{ refundReservedMinor: 300n, disputedAmountMinor: 600n }, 100n],
    [{ refundReservedMinor: 600n, disputedAmountMinor: 600n }, 0n],
    [{ status: 'PENDING' }, 0n],
    [{ action: 'AUTHORIZATION' }, 0n],
  ])('of a payment of 1000 with %o is %s', (fields, expected) => {
    expect(refundableMinor(transaction(fields))).toBe(expected);
  });

  test.each<[refunds: bigint, disputed: bigint, expected: boolean]>([
    [0n, 1000n, false],
    [1000n, 0n, false],
    [0n, 1001n, false],
    [1001n, 0n, false],
    [400n, 600n, false],
    [401n, 600n, true],
  ])('with refunds of %s and disputes of %s is paid twice: %s', (refundReservedMinor, disputedAmountMinor, expected) => {
    expect(isReturnedTwice(transaction({ refundReservedMinor, disputedAmountMinor }))).toBe(expected);
  });
});

describe('a provider', () => {
  test('offers the calls that it has', () => {
    const effects = ['SETTLE'] as const;
    expect(offersCall({ effects, voidsPayments: true }, 'SETTLE', 'HELD')).toBe(true);
    expect(offersCall({ effects, voidsPayments: true }, 'VOID', 'HELD')).toBe(false);
  });

  test('that voids no payments still voids holds and refunds payments', () => {
    const provider = { ...EVERYTHING, voidsPayments: false };
    expect(offersCall(provider, 'VOID', 'HELD')).toBe(true);
    expect(offersCall(provider, 'VOID', 'CAPTURED')).toBe(false);
    expect(offersCall(provider, 'REFUND', 'CAPTURED')).toBe(true);
    expect(offersCall(EVERYTHING, 'VOID', 'CAPTURED')).toBe(true);
  });
});

describe('what may be asked', () => {
  const SYNC = 'SYNC';
  test.each<[of: string, fields: Partial<Transaction>, ending: Partial<Transaction> | null, expected: readonly string[]]>([
    ['a payment', {}, null, ['REFUND 1000', 'VOID', SYNC]],
    ['a payment refunded in part', { refundReservedMinor: 1n }, null, ['REFUND 999', SYNC]],
    ['a payment refunded whole', { refundReservedMinor: 1000n }, null, [SYNC]],
    ['a hold', HELD, null, ['SETTLE 1000', 'VOID', SYNC]],
    ['a hold being settled', HELD, { action: 'SETTLE', status: 'PENDING', amountMinor: 400n }, [SYNC]],
    ['a hold whose settle failed', HELD, { action: 'SETTLE', status: 'FAILED' }, [SYNC]],
    ['a settled hold', { ...HELD, hold: 'SETTLED' }, { action: 'SETTLE', amountMinor: 400n }, ['REFUND 400', SYNC]],
    ['a voided hold', { ...HELD, hold: 'VOIDED' }, { action: 'VOID' }, [SYNC]],
    ['a decline', { status: 'DECLINED' }, null, [SYNC]],
    ['a refund that never left', { action: 'REFUND', status: 'ERROR', providerCode: null }, null, []],
  ])('of %s', (_of, fields, ending, expected) => {
    const calls = allowedTransactionCalls(transaction(fields), ending === null ? null : transaction(ending), EVERYTHING);
    expect(calls.map(({ call, amountMaxMinor }) => (amountMaxMinor === null ? call : `${call} ${amountMaxMinor}`))).toEqual(
      expected,
    );
  });
});

test('only what the provider offers may be asked', () => {
  const calls = allowedTransactionCalls(transaction(), null, { effects: ['REFUND'], voidsPayments: true });
  expect(calls.map(({ call }) => call)).toEqual(['REFUND', 'SYNC']);
});

test.each<[MovementStatus, string]>([
  ['started', 'STARTED'],
  ['authenticating', 'IN_PROGRESS'],
  ['processing', 'IN_PROGRESS'],
  ['succeeded', 'SUCCEEDED'],
  ['declined', 'DECLINED'],
  ['failed', 'FAILED'],
  ['canceled', 'CANCELED'],
  ['expired', 'EXPIRED'],
  ['unknown', 'LOST'],
])('a movement that is %s is the signal %s', (status, signal) => {
  expect(signalOfMovement(status)).toBe(signal);
});
