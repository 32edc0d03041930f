import {
  type Dispute,
  type Found,
  type Movement,
  type MovementReference,
  type ProviderCall,
  type ProviderEffect,
  ProviderFailure,
} from '../provider.ts';
import type { Finders } from '../shapes.ts';
import { findTransaction } from './client.ts';
import { isAttached } from './moves.ts';
import {
  isAuthentication,
  isExpectedType,
  type MovementContext,
  moneyOf,
  toMovement,
  withoutPayer,
  withStoredHold,
} from './outcome.ts';
import { plainReason } from './words.ts';

/** What became of an operation, told by our id of what it was to make. */
export const FINDERS: Finders<ProviderEffect> = {
  // An order whose token nobody received can never be paid: it may as well not exist.
  START: async () => 'absent',
  CANCEL: async () => 'absent',
  SETTLE: (call, { transactionId, money }) => findMove(call, transactionId, { kind: 'SETTLE', money }),
  VOID: (call, { transactionId, money }) => findMove(call, transactionId, { kind: 'VOID', money }),
  REFUND: (call, { transactionId, money }) => findMove(call, transactionId, { kind: 'REFUND', money }),
  async CHARGE(call, { transactionId, money, isHold }) {
    const found = await findMove(call, transactionId, { kind: isHold === true ? 'AUTHORIZATION' : 'PAYMENT', money });
    if (typeof found === 'string') return found;
    const movement = withoutPayer(found.found);
    return { found: isHold === true ? withStoredHold(movement, transactionId) : movement };
  },
  DETACH: async (call, request) => ((await isAttached(call, request)) ? 'absent' : { found: null }),
};

async function findMove(call: ProviderCall, clientUniqueId: string, context: MovementContext): Promise<Found<Movement>> {
  const transaction = await findTransaction(call, { clientUniqueId });
  if (transaction === null) return 'absent';
  // A charge that needs a challenge ends in the authentication that nobody answers.
  const isOurs = isExpectedType(transaction, context.kind) || isAuthentication(transaction);
  return isOurs ? { found: toMovement(transaction, context) } : 'cannot-tell';
}

/** Throws NOT_FOUND when Nuvei does not know the movement. */
export async function fetchMovement(call: ProviderCall, reference: MovementReference): Promise<Movement> {
  const { action, providerCode, session, transactionId } = reference;
  const transaction = await findTransaction(call, { transactionId: providerCode });
  if (transaction === null) throw new ProviderFailure('NOT_FOUND', 'Nuvei does not know the movement.', 'absent');
  const movement = toMovement(transaction, { kind: action, money: null });
  if (session !== null) return movement;
  if (action === 'AUTHORIZATION') return withStoredHold(withoutPayer(movement), transactionId);
  return action === 'PAYMENT' ? withoutPayer(movement) : movement;
}

/**
 * A dispute is a transaction of type Chargeback there. Approved, the money has gone back to the payer; declined, it has not.
 * Unsure: no recorded answer of one was found, so this follows the words that other transactions use.
 */
const DISPUTE_STATUSES: Readonly<Record<string, Dispute['status']>> = { APPROVED: 'lost', PENDING: 'open', DECLINED: 'won' };

export async function fetchDispute(call: ProviderCall, providerCode: string): Promise<Dispute> {
  const transaction = await findTransaction(call, { transactionId: providerCode });
  if (transaction?.type !== 'Chargeback') throw new ProviderFailure('NOT_FOUND', 'Nuvei does not know the dispute.', 'absent');
  const money = moneyOf(transaction);
  if (money === null) throw new ProviderFailure('UNAVAILABLE', 'Nuvei did not tell the amount of the dispute.', 'incomplete');
  return {
    providerCode,
    paymentCodes: transaction.relatedId === null ? [] : [transaction.relatedId],
    status: DISPUTE_STATUSES[transaction.status?.toUpperCase() ?? ''] ?? 'unknown',
    money,
    reason: plainReason(transaction.gwErrorReason),
  };
}
