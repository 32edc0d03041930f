import type { Stripe } from 'stripe';
import { addMs, MINUTE_MS, SECOND_MS } from '../../kernel/clock.ts';
import { given } from '../../kernel/given.ts';
import { timeOfId } from '../../kernel/ids.ts';
import type {
  EffectShapes,
  Found,
  Movement,
  ProviderEffect,
  RefundRequest,
  SessionOutcome,
  SessionReference,
  StartedSession,
  StartSessionRequest,
} from '../provider.ts';
import type { Finders } from '../shapes.ts';
import { askList } from './ask.ts';
import { EXPIRY_REASONS } from './attempts.ts';
import { SETTLE_OPERATION, type Sending } from './effects.ts';
import { intentCodeOf, type Move, toCharge, toRefund, toSettle, toVoid } from './movements.ts';
import { retrieveMethod, retrievePayment, retrieveSetup } from './read.ts';
import { toSessionOutcome } from './session.ts';
import { toStarted } from './start.ts';

/**
 * What became of an operation, by the metadata that its request carried. Lists are current at Stripe; searches lag behind
 * (docs.stripe.com/search, 2026-10).
 */
export const FINDERS: Finders<Sending> = {
  START: findStart,
  CANCEL: findCancel,
  SETTLE: findSettle,
  VOID: findVoid,
  REFUND: findRefund,
  CHARGE: findCharge,
  DETACH: findDetach,
};

const PAGES_MAX = 10;
const PAGE_SIZE = 100;

/** Their clock and ours differ: what was opened by an operation is looked for from this long before it was recorded. */
const CLOCKS_DIFFER_MS = 5 * MINUTE_MS;

interface Page {
  readonly limit: number;
  readonly starting_after?: string;
}

/** The one item that the operation made, newest first; after a thousand others nobody can tell. */
async function findMade<T extends { id: string; metadata: Stripe.Metadata | null }>(
  call: ProviderEffect,
  list: (page: Page) => Promise<Stripe.ApiList<T>>,
): Promise<Found<T>> {
  let page: Page = { limit: PAGE_SIZE };
  for (let count = 0; count < PAGES_MAX; count += 1) {
    const { items, hasMore } = await askList(call, () => list(page));
    const found = items.find(({ metadata }) => metadata?.['operation_id'] === call.operationId);
    if (found !== undefined) return { found };
    const last = items.at(-1);
    if (!hasMore || last === undefined) return 'absent';
    page = { limit: PAGE_SIZE, starting_after: last.id };
  }
  return 'cannot-tell';
}

function createdSince({ operationId }: ProviderEffect): { created: { gte: number } } {
  const since = addMs(timeOfId(operationId), -CLOCKS_DIFFER_MS);
  return { created: { gte: Math.floor(since.getTime() / SECOND_MS) } };
}

async function findStart({ stripe, call }: Sending, request: StartSessionRequest): Promise<Found<StartedSession>> {
  const { kind, providerCustomerCode: customer } = request;
  const filter = { ...createdSince(call), ...given({ customer }) };
  const made =
    kind === 'ADD_PAYMENT_METHOD'
      ? await findMade(call, (page) => stripe.setupIntents.list({ ...filter, ...page }))
      : await findMade(call, (page) => stripe.paymentIntents.list({ ...filter, ...page }));
  return typeof made === 'string' ? made : { found: toStarted(made.found, call.account, request) };
}

async function findCancel({ stripe, call }: Sending, session: SessionReference): Promise<Found<SessionOutcome>> {
  const { kind, providerCode } = session;
  const isSetup = kind === 'ADD_PAYMENT_METHOD';
  const intent = isSetup ? await retrieveSetup(stripe, call, providerCode) : await retrievePayment(stripe, call, providerCode);
  if (intent.status !== 'canceled') return 'absent';
  return { found: toSessionOutcome({ intent, charges: [] }, session, call.now) };
}

function retrieveMoved({ stripe, call }: Sending, request: Move): Promise<Stripe.PaymentIntent> {
  return retrievePayment(stripe, call, intentCodeOf(request));
}

async function findSettle(sending: Sending, request: Move): Promise<Found<Movement>> {
  const intent = await retrieveMoved(sending, request);
  const isOurs = intent.metadata[SETTLE_OPERATION] === sending.call.operationId;
  return intent.status === 'succeeded' && isOurs ? { found: toSettle(intent) } : 'absent';
}

async function findVoid(sending: Sending, request: Move): Promise<Found<Movement>> {
  const intent = await retrieveMoved(sending, request);
  const isVoided = intent.status === 'canceled' && !EXPIRY_REASONS.includes(intent.cancellation_reason);
  return isVoided ? { found: toVoid(intent) } : 'absent';
}

async function findRefund({ stripe, call }: Sending, request: RefundRequest): Promise<Found<Movement>> {
  const payment = { payment_intent: intentCodeOf(request) };
  const made = await findMade(call, (page) => stripe.refunds.list({ ...payment, ...page }));
  return typeof made === 'string' ? made : { found: toRefund(made.found) };
}

async function findCharge({ stripe, call }: Sending, { method }: EffectShapes['CHARGE']['request']): Promise<Found<Movement>> {
  const filter = { ...createdSince(call), ...given({ customer: method.providerCustomerCode }) };
  const made = await findMade(call, (page) => stripe.paymentIntents.list({ ...filter, ...page }));
  if (typeof made === 'string') return made;
  return { found: toCharge(await retrievePayment(stripe, call, made.found.id)) };
}

async function findDetach({ stripe, call }: Sending, { method }: EffectShapes['DETACH']['request']): Promise<Found<null>> {
  const { customer } = await retrieveMethod(stripe, call, method.providerCode);
  return customer === null ? { found: null } : 'absent';
}
