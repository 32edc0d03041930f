import type { Stripe } from 'stripe';
import { lookUp } from '../../kernel/look-up.ts';
import {
  type Dispute,
  type Movement,
  type MovementReference,
  type ProviderCall,
  ProviderFailure,
  type SessionOutcome,
  type SessionReference,
} from '../provider.ts';
import { fromStripeAmount } from './amounts.ts';
import { ask, askList, idOf } from './ask.ts';
import { shortCode } from './failures.ts';
import { intentCodeOf, toCharge, toRefund, toSettle, toVoid } from './movements.ts';
import { toSessionOutcome } from './session.ts';

/** What an intent must carry whole, so that its attempts can be read from it. */
export const EXPANSION = ['latest_charge', 'payment_method'] as const;

/** More than a session can have: it takes 20 attempts at most. */
const CHARGES_MAX = 20;

export async function fetchSession(stripe: Stripe, call: ProviderCall, session: SessionReference): Promise<SessionOutcome> {
  const { kind, providerCode } = session;
  if (kind === 'ADD_PAYMENT_METHOD') {
    const intent = await retrieveSetup(stripe, call, providerCode);
    return toSessionOutcome({ intent, charges: [] }, session, call.now);
  }
  const [intent, charges] = await Promise.all([
    retrievePayment(stripe, call, providerCode),
    askList(call, () => stripe.charges.list({ payment_intent: providerCode, limit: CHARGES_MAX })),
  ]);
  return toSessionOutcome({ intent, charges: charges.items }, session, call.now);
}

export async function fetchMovement(stripe: Stripe, call: ProviderCall, movement: MovementReference): Promise<Movement> {
  const { action, providerCode, session } = movement;
  const intentCode = intentCodeOf(movement);
  switch (action) {
    case 'REFUND':
      return toRefund(await ask(call, { mode: 'read', object: 'refund' }, () => stripe.refunds.retrieve(providerCode)));
    case 'SETTLE':
      return toSettle(await retrievePayment(stripe, call, intentCode));
    case 'VOID':
      return toVoid(await retrievePayment(stripe, call, intentCode));
    case 'PAYMENT':
    case 'AUTHORIZATION':
      if (session === null) return toCharge(await retrievePayment(stripe, call, intentCode));
      return pickAttempt(await fetchSession(stripe, call, session), providerCode);
  }
}

function pickAttempt({ attempts }: SessionOutcome, providerCode: string): Movement {
  const attempt = attempts.find((known) => known.providerCode === providerCode);
  if (attempt === undefined) throw new ProviderFailure('NOT_FOUND', 'Stripe does not tell of this attempt any more.');
  return attempt;
}

export function retrievePayment(stripe: Stripe, call: ProviderCall, code: string): Promise<Stripe.PaymentIntent> {
  return ask(call, { mode: 'read', object: 'payment_intent' }, () =>
    stripe.paymentIntents.retrieve(code, { expand: [...EXPANSION] }),
  );
}

export function retrieveSetup(stripe: Stripe, call: ProviderCall, code: string): Promise<Stripe.SetupIntent> {
  return ask(call, { mode: 'read', object: 'setup_intent' }, () =>
    stripe.setupIntents.retrieve(code, { expand: ['payment_method'] }),
  );
}

export function retrieveMethod(stripe: Stripe, call: ProviderCall, code: string): Promise<Stripe.PaymentMethod> {
  return ask(call, { mode: 'read', object: 'payment_method' }, () => stripe.paymentMethods.retrieve(code));
}

/**
 * Status of Dispute (stripe 23.1.0, 2026-10). A warning is an inquiry, in which no money moves unless it becomes a dispute; a
 * prevented one was settled before it came to that.
 */
const DISPUTE_STATUSES: Readonly<Record<string, Dispute['status']>> = {
  needs_response: 'open',
  under_review: 'open',
  appeal_needs_response: 'open',
  appeal_under_review: 'open',
  warning_needs_response: 'open',
  warning_under_review: 'open',
  warning_closed: 'won',
  prevented: 'won',
  won: 'won',
  lost: 'lost',
};

export async function fetchDispute(stripe: Stripe, call: ProviderCall, providerCode: string): Promise<Dispute> {
  return toDispute(await ask(call, { mode: 'read', object: 'dispute' }, () => stripe.disputes.retrieve(providerCode)));
}

/** The most that one page takes. A payment has one dispute, seldom a second one. */
const DISPUTES_MAX = 100;

export async function findDisputes(stripe: Stripe, call: ProviderCall, payment: MovementReference): Promise<readonly Dispute[]> {
  const filter = { payment_intent: intentCodeOf(payment), limit: DISPUTES_MAX };
  const { items } = await askList(call, () => stripe.disputes.list(filter));
  return items.map(toDispute);
}

function toDispute(dispute: Stripe.Dispute): Dispute {
  const codes = [idOf(dispute.payment_intent), idOf(dispute.charge)];
  return {
    providerCode: dispute.id,
    paymentCodes: codes.filter((code) => code !== null),
    status: lookUp(DISPUTE_STATUSES, dispute.status) ?? 'unknown',
    money: fromStripeAmount(dispute.amount, dispute.currency),
    reason: shortCode(dispute.reason),
  };
}
