import type { BankMovementView } from '../../bank/payment.ts';
import type { BankEntry } from '../../bank/statement.ts';
import { challengeUrlOf, type SimulatorDeps } from '../deps.ts';
import { wordId } from '../ids.ts';
import { listRecords, registerRecords, type VendorRecord } from '../record-store.ts';
import { type Audience, reachedIssuer, wordsOf } from './errors.ts';
import { attemptsOf, clientSecretOf, holdOf, type Intent, receivedOf, statusOf, sumOf } from './intent-record.ts';
import { methodView } from './method-view.ts';

/** Stripe's objects as of now, made of what the bank says and what was kept beside it. Instants are in seconds. */

export type View = Readonly<Record<string, unknown>> & { readonly id: string };

/** Fields of Stripe's objects that are never set here. */
export function nulls(...names: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

export function seconds(instant: Date): number {
  return Math.floor(instant.getTime() / 1000);
}

export function chargeIdOf(movement: Pick<BankMovementView, 'id'>): string {
  return wordId('ch_', movement.id);
}

/** Of an attempt with a card that was typed. */
export function methodIdOf(intent: Intent, movement: Pick<BankMovementView, 'id'>): string {
  return intent.record.data.chargedMethod ?? wordId('pm_', movement.id);
}

/** Makes the ids that a view tells good for look-ups. */
export async function registerParts(deps: SimulatorDeps, intent: Intent): Promise<void> {
  const { accountId, id, data } = intent.record;
  const records = attemptsOf(intent).flatMap(({ movement, createdAt }): VendorRecord[] => {
    const row = { accountId, bankCode: movement.id, data: {}, createdAt };
    const charge = { ...row, id: chargeIdOf(movement), kind: 'charge', reference: id };
    const method = { ...row, id: methodIdOf(intent, movement), kind: 'payment_method', reference: data.customer };
    return [...(hasCharge(intent, movement) ? [charge] : []), ...(data.chargedMethod === null ? [method] : [])];
  });
  await registerRecords(deps.database, records);
}

function hasCharge({ record }: Intent, movement: BankMovementView): boolean {
  return record.kind === 'payment_intent' && reachedIssuer(movement);
}

export async function intentView(deps: SimulatorDeps, intent: Intent, audience: Audience): Promise<View> {
  await registerParts(deps, intent);
  const view =
    intent.record.kind === 'payment_intent' ? await paymentView(deps, intent, audience) : await setupView(deps, intent, audience);
  return audience === 'server' ? view : publicPart(view);
}

/** A publishable key reads what a browser needs and no more. */
const PUBLIC_FIELDS: readonly string[] =
  `id object amount automatic_payment_methods canceled_at cancellation_reason capture_method client_secret confirmation_method
  created currency description last_payment_error last_setup_error livemode next_action payment_method payment_method_types
  processing receipt_email setup_future_usage shipping status usage`.split(/\s+/);

function publicPart(view: View): View {
  return { ...Object.fromEntries(Object.entries(view).filter(([name]) => PUBLIC_FIELDS.includes(name))), id: view.id };
}

async function paymentView(deps: SimulatorDeps, intent: Intent, audience: Audience): Promise<View> {
  const { record, statement } = intent;
  const { data } = record;
  const status = statusOf(intent);
  const charged = attemptsOf(intent).findLast(({ movement }) => hasCharge(intent, movement));
  return {
    ...(await commonPart(deps, intent)),
    object: 'payment_intent',
    amount: data.amount,
    amount_capturable: status === 'requires_capture' ? data.amount : 0,
    amount_details: { tip: {} },
    amount_received: receivedOf(intent),
    canceled_at: canceledAt(intent),
    capture_method: data.captureMethod,
    confirmation_method: 'automatic',
    currency: data.currency,
    last_payment_error: await lastError(deps, intent, audience),
    latest_charge: charged === undefined ? null : chargeIdOf(charged.movement),
    receipt_email: data.receiptEmail,
    setup_future_usage: data.setupFutureUsage,
    shipping: data.shipping,
    statement_descriptor: data.statementDescriptor,
    statement_descriptor_suffix: data.statementDescriptorSuffix,
    ...nulls('application_fee_amount', 'processing', 'review', 'source', 'transfer_data', 'transfer_group'),
    created: seconds(statement.createdAt),
  };
}

async function setupView(deps: SimulatorDeps, intent: Intent, audience: Audience): Promise<View> {
  const last = attemptsOf(intent).at(-1);
  return {
    ...(await commonPart(deps, intent)),
    object: 'setup_intent',
    created: seconds(intent.statement.createdAt),
    last_setup_error: await lastError(deps, intent, audience),
    latest_attempt: last === undefined ? null : wordId('setatt_', last.movement.id),
    ...nulls('mandate', 'single_use_mandate'),
    usage: intent.record.data.usage,
  };
}

async function commonPart(deps: SimulatorDeps, intent: Intent): Promise<View> {
  const { record } = intent;
  const { data } = record;
  const status = statusOf(intent);
  const last = attemptsOf(intent).at(-1);
  const hasMethod = last !== undefined && status !== 'requires_payment_method';
  return {
    id: record.id,
    allowed_payment_method_types: data.allowedTypes,
    automatic_payment_methods: data.allowedTypes === null ? { allow_redirects: 'always', enabled: true } : null,
    cancellation_reason: status === 'canceled' ? cancellationReason(intent) : null,
    client_secret: clientSecretOf(deps, record),
    customer: data.customer,
    description: data.description,
    livemode: false,
    metadata: data.metadata,
    next_action: nextAction(deps, intent),
    payment_method: hasMethod ? methodIdOf(intent, last.movement) : null,
    ...nulls('application', 'customer_account', 'excluded_payment_method_types', 'on_behalf_of'),
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    status,
  };
}

function nextAction(deps: SimulatorDeps, { statement, record }: Intent): unknown {
  const { challengeId } = statement.payment;
  if (challengeId === null || record.data.canceledAt !== null) return null;
  return {
    type: 'redirect_to_url',
    redirect_to_url: { return_url: record.data.returnUrl, url: challengeUrlOf(deps, challengeId) },
  };
}

/** A hold that ran out is given up by Stripe itself. */
function cancellationReason(intent: Intent): string | null {
  return holdOf(intent) === 'EXPIRED' ? 'automatic' : intent.record.data.cancellationReason;
}

function canceledAt(intent: Intent): number | null {
  const { record, statement } = intent;
  if (statusOf(intent) !== 'canceled') return null;
  if (record.data.canceledAt !== null) return seconds(new Date(record.data.canceledAt));
  const released = statement.entries.find(({ movement }) => movement.kind === 'VOID')?.createdAt;
  const expired = attemptsOf(intent).find(({ movement }) => movement.hold !== null)?.movement.capturableUntil;
  const at = statement.canceledAt ?? released ?? expired;
  return at === null || at === undefined ? null : seconds(at);
}

/** Why the last attempt was refused; null once a later one is under way. */
async function lastError(deps: SimulatorDeps, intent: Intent, audience: Audience): Promise<unknown> {
  const last = attemptsOf(intent).at(-1);
  const words = last && wordsOf(last.movement, { intent: intent.record.kind, audience });
  if (last === undefined || words == null) return null;
  const charge = hasCharge(intent, last.movement) ? { charge: chargeIdOf(last.movement) } : {};
  return {
    ...words,
    ...charge,
    payment_method: await methodView(deps, intent.record.accountId, methodIdOf(intent, last.movement)),
  };
}

export async function chargeView(deps: SimulatorDeps, intent: Intent, entry: BankEntry): Promise<View> {
  const { record } = intent;
  const { data, accountId } = record;
  const { movement } = entry;
  const isTaken = movement.status === 'succeeded';
  const captured = isTaken ? receivedOf(intent) : 0;
  const refunded = isTaken ? sumOf(intent, 'REFUND') : 0;
  const disputes = await listRecords(deps.database.client, { accountId, kinds: ['dispute'], bankCode: movement.id });
  return {
    id: chargeIdOf(movement),
    object: 'charge',
    amount: data.amount,
    amount_captured: captured,
    amount_refunded: refunded,
    balance_transaction: captured > 0 ? wordId('txn_', movement.id) : null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: data.statementDescriptorSuffix,
    captured: captured > 0,
    created: seconds(entry.createdAt),
    currency: data.currency,
    customer: data.customer,
    description: data.description,
    disputed: disputes.length > 0,
    ...failureOf(movement),
    fraud_details: {},
    livemode: false,
    metadata: data.metadata,
    outcome: outcomeOf(movement),
    paid: isTaken,
    payment_intent: record.id,
    payment_method: methodIdOf(intent, movement),
    payment_method_details: { type: 'card', card: chargedCard(movement) },
    receipt_email: data.receiptEmail,
    ...nulls('application', 'receipt_url', 'review', 'source'),
    refunded: captured > 0 && refunded >= captured,
    shipping: data.shipping,
    statement_descriptor: data.statementDescriptor,
    statement_descriptor_suffix: data.statementDescriptorSuffix,
    status: CHARGE_STATUSES[movement.status],
  };
}

const CHARGE_STATUSES: Readonly<Record<BankMovementView['status'], 'succeeded' | 'pending' | 'failed'>> = {
  succeeded: 'succeeded',
  processing: 'pending',
  challenged: 'pending',
  declined: 'failed',
  failed: 'failed',
  canceled: 'failed',
  expired: 'failed',
};

function failureOf(movement: BankMovementView): Record<string, unknown> {
  const words = wordsOf(movement, { intent: 'payment_intent', audience: 'server' });
  return { failure_code: words?.code ?? null, failure_message: words?.message ?? null, failure_balance_transaction: null };
}

function outcomeOf(movement: BankMovementView): unknown {
  const words = wordsOf(movement, { intent: 'payment_intent', audience: 'server' });
  if (movement.status === 'processing') return null;
  const [network_status, type, seller_message] =
    words === null
      ? ['approved_by_network', 'authorized', 'Payment complete.']
      : ['declined_by_network', 'issuer_declined', 'The bank declined the payment.'];
  return { network_status, reason: words?.decline_code ?? null, risk_level: 'normal', seller_message, type };
}

function chargedCard(movement: BankMovementView): unknown {
  const { card, capturableUntil } = movement;
  return {
    brand: card?.brand ?? null,
    capture_before: capturableUntil === null ? null : seconds(capturableUntil),
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    exp_month: card?.expMonth ?? null,
    exp_year: card?.expYear ?? null,
    fingerprint: wordId('', card?.brand ?? '', card?.last4 ?? '').slice(0, 16),
    funding: 'credit',
    last4: card?.last4 ?? null,
    network: card?.brand ?? null,
    ...nulls('network_transaction_id', 'three_d_secure', 'wallet'),
  };
}
