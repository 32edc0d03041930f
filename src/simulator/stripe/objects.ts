import type { BankMovementView } from '../../bank/payment.ts';
import type { BankEntry } from '../../bank/statement.ts';
import type { SimulatorDeps } from '../deps.ts';
import { wordId } from '../ids.ts';
import { readRecord, type VendorRecord } from '../record-store.ts';
import { type Intent, readIntent } from './intent-record.ts';
import { chargeIdOf, chargeView, methodIdOf, nulls, seconds, type View } from './views.ts';

/** Customers, charges, refunds and disputes by their ids, as Stripe shows them. */

export interface CustomerData {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly phone?: string | undefined;
  readonly description?: string | undefined;
  readonly address?: unknown;
  readonly shipping?: unknown;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export async function customerById(deps: SimulatorDeps, accountId: string, id: string): Promise<View | null> {
  const record = await readRecord<CustomerData>(deps.database.client, accountId, id);
  return record?.kind === 'customer' ? customerView(record) : null;
}

export function customerView({ id, data, createdAt }: VendorRecord<CustomerData>): View {
  return {
    id,
    object: 'customer',
    address: data.address ?? null,
    balance: 0,
    created: seconds(createdAt),
    ...nulls('currency', 'default_source', 'test_clock'),
    delinquent: false,
    description: data.description ?? null,
    email: data.email ?? null,
    invoice_prefix: wordId('', id).slice(0, 8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: data.metadata ?? {},
    name: data.name ?? null,
    phone: data.phone ?? null,
    preferred_locales: [],
    shipping: data.shipping ?? null,
    tax_exempt: 'none',
  };
}

/** A charge, with the intent and the attempt behind it. */
export async function findCharge(
  deps: SimulatorDeps,
  accountId: string,
  id: string,
): Promise<{ intent: Intent; entry: BankEntry } | null> {
  const record = await readRecord(deps.database.client, accountId, id);
  if (record?.kind !== 'charge' || record.reference === null) return null;
  const intent = await readIntent(deps, accountId, record.reference);
  const entry = intent?.statement.entries.find(({ movement }) => movement.id === record.bankCode);
  return intent === null || entry === undefined ? null : { intent, entry };
}

export async function chargeById(deps: SimulatorDeps, accountId: string, id: string): Promise<View | null> {
  const charge = await findCharge(deps, accountId, id);
  return charge && chargeView(deps, charge.intent, charge.entry);
}

export interface RefundData {
  /** What was asked for: a repeat without an amount asks for the same. */
  readonly amount: number;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Null also for one that the bank turned down: it was never made. */
export async function refundById(deps: SimulatorDeps, accountId: string, id: string): Promise<View | null> {
  const record = await readRecord<RefundData>(deps.database.client, accountId, id);
  return record && toRefund(deps, record);
}

export async function toRefund(deps: SimulatorDeps, record: VendorRecord<RefundData>): Promise<View | null> {
  if (record.kind !== 'refund' || record.reference === null) return null;
  const intent = await readIntent(deps, record.accountId, record.reference);
  const entry = intent?.statement.entries.find(({ movement }) => movement.id === record.bankCode);
  return intent === null || entry === undefined ? null : refundView(record, intent, entry);
}

const REFUND_STATUSES: Readonly<Record<BankMovementView['status'], string>> = {
  challenged: 'requires_action',
  processing: 'pending',
  succeeded: 'succeeded',
  declined: 'failed',
  failed: 'failed',
  canceled: 'canceled',
  expired: 'canceled',
};

function refundView(record: VendorRecord<RefundData>, intent: Intent, { movement, createdAt }: BankEntry): View {
  const paid = paidAttempt(intent);
  // Assumption: the word that Stripe's own card for refunds that come back gives.
  const failure = movement.status === 'failed' ? { failure_reason: 'expired_or_canceled_card' } : {};
  return {
    id: record.id,
    object: 'refund',
    amount: Number(movement.amountMinor),
    balance_transaction: wordId('txn_', movement.id),
    charge: paid === undefined ? null : chargeIdOf(paid),
    created: seconds(createdAt),
    currency: intent.record.data.currency,
    customer: intent.record.data.customer,
    destination_details: {
      card: { type: 'refund', reference_status: 'pending', reference_type: 'acquirer_reference_number' },
      type: 'card',
    },
    ...failure,
    metadata: record.data.metadata,
    ...nulls('customer_account', 'next_action', 'receipt_number', 'source_transfer_reversal', 'transfer_reversal'),
    payment_intent: intent.record.id,
    payment_method: paid === undefined ? null : methodIdOf(intent, paid),
    reason: record.data.reason,
    status: REFUND_STATUSES[movement.status],
  };
}

export function paidAttempt({ statement }: Intent): BankMovementView | undefined {
  return statement.entries.find(({ movement }) => movement.kind === 'ATTEMPT' && movement.status === 'succeeded')?.movement;
}

export interface DisputeData {
  readonly amount: number;
  readonly currency: string;
  readonly charge: string;
  readonly paymentIntent: string;
  readonly paymentMethod: string;
  readonly reason: string;
  readonly status: 'needs_response' | 'won' | 'lost';
}

export async function disputeById(deps: SimulatorDeps, accountId: string, id: string): Promise<View | null> {
  const record = await readRecord<DisputeData>(deps.database.client, accountId, id);
  return record?.kind === 'dispute' ? disputeView(record) : null;
}

export function disputeView({ id, data, createdAt }: VendorRecord<DisputeData>): View {
  return {
    id,
    object: 'dispute',
    amount: data.amount,
    balance_transactions: [],
    charge: data.charge,
    created: seconds(createdAt),
    currency: data.currency,
    enhanced_eligibility_types: [],
    evidence: {},
    evidence_details: { due_by: null, enhanced_eligibility: {}, has_evidence: false, past_due: false, submission_count: 0 },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: data.paymentIntent,
    payment_method_details: { type: 'card', card: { brand: 'visa', case_type: 'chargeback', network_reason_code: '10.4' } },
    reason: data.reason,
    status: data.status,
  };
}
