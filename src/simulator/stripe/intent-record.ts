import type { BankEntry, BankStatement } from '../../bank/statement.ts';
import { isUrl } from '../../kernel/url.ts';
import type { SimulatorDeps } from '../deps.ts';
import { wordId } from '../ids.ts';
import { findByBankCode, readRecord, type VendorRecord } from '../record-store.ts';
import { type StripeCall } from './expand.ts';

/** What Stripe keeps of an intent and the bank does not. */

export type IntentKind = 'payment_intent' | 'setup_intent';

export interface IntentData {
  readonly amount: number;
  /** Lower case; of a setup intent nothing. */
  readonly currency: string;
  readonly captureMethod: 'automatic' | 'automatic_async' | 'manual';
  readonly customer: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly shipping: unknown;
  readonly statementDescriptor: string | null;
  readonly statementDescriptorSuffix: string | null;
  readonly setupFutureUsage: 'off_session' | 'on_session' | null;
  readonly usage: 'off_session' | 'on_session';
  /** Null where methods are dynamic. */
  readonly allowedTypes: readonly string[] | null;
  /** The stored method that it was charged with, off session. */
  readonly chargedMethod: string | null;
  /** Where the browser goes after a challenge. */
  readonly returnUrl: string | null;
  /** As the caller of cancel gave it; counts once it is canceled. */
  readonly cancellationReason: string | null;
  /** ISO. Set where the bank has nothing left to cancel: a declined off-session charge. */
  readonly canceledAt: string | null;
}

/** An intent with what the bank says of it at this moment. */
export interface Intent {
  readonly record: VendorRecord<IntentData> & { readonly kind: IntentKind; readonly bankCode: string };
  readonly statement: BankStatement;
}

export const INTENT_KINDS: readonly IntentKind[] = ['payment_intent', 'setup_intent'];
const PREFIXES: Readonly<Record<IntentKind, string>> = { payment_intent: 'pi_', setup_intent: 'seti_' };

export function intentIdOf(kind: IntentKind, accountId: string, operationId: string): string {
  return wordId(PREFIXES[kind], accountId, operationId);
}

/** Null when there is none, or when its creation was turned down half-way. */
export async function readIntent(deps: SimulatorDeps, accountId: string, id: string): Promise<Intent | null> {
  const record = await readRecord<IntentData>(deps.database.client, accountId, id);
  return record && withStatement(deps, record);
}

/** The intent that a call has just made or found. */
export async function mustReadIntent({ deps, account }: StripeCall<unknown>, id: string): Promise<Intent> {
  const intent = await readIntent(deps, account.id, id);
  if (intent === null) throw new Error(`The intent ${id} is gone.`);
  return intent;
}

/** The intent of a payment of the bank. */
async function findIntent(deps: SimulatorDeps, bankCode: string): Promise<Intent | null> {
  const record = await findByBankCode<IntentData>(deps.database.client, { bankCode, kinds: INTENT_KINDS });
  return record && withStatement(deps, record);
}

export async function withStatement(deps: SimulatorDeps, record: VendorRecord<IntentData>): Promise<Intent | null> {
  const { kind, bankCode } = record;
  if (!isIntentKind(kind) || bankCode === null) return null;
  const statement = await deps.bank.readStatement(record.accountId, bankCode);
  return statement.ok ? { record: { ...record, kind, bankCode }, statement: statement.value } : null;
}

function isIntentKind(kind: string): kind is IntentKind {
  return kind === 'payment_intent' || kind === 'setup_intent';
}

/** Opens this intent to its browser. */
export function clientSecretOf(deps: SimulatorDeps, { accountId, id }: Pick<VendorRecord, 'accountId' | 'id'>): string {
  return `${id}_secret_${deps.sign(['stripe client secret', accountId, id].join('\n')).slice(0, 25)}`;
}

export function attemptsOf({ statement }: Intent): readonly BankEntry[] {
  return statement.entries.filter(({ movement }) => movement.kind === 'ATTEMPT');
}

/** What the live movements of a kind move together. */
export function sumOf({ statement }: Intent, kind: 'CAPTURE' | 'REFUND'): number {
  return statement.entries
    .filter(({ movement }) => movement.kind === kind && (movement.status === 'succeeded' || movement.status === 'processing'))
    .reduce((sum, { movement }) => sum + Number(movement.amountMinor), 0);
}

function wasPaid({ statement }: Intent): boolean {
  return statement.payment.phase === 'succeeded';
}

/** What was taken from the payer and not only held. */
export function receivedOf(intent: Intent): number {
  if (!wasPaid(intent)) return 0;
  return intent.statement.payment.kind === 'AUTHORIZATION' ? sumOf(intent, 'CAPTURE') : intent.record.data.amount;
}

type IntentStatus = 'requires_payment_method' | 'requires_action' | 'processing' | 'requires_capture' | 'succeeded' | 'canceled';

export function statusOf(intent: Intent): IntentStatus {
  const { payment } = intent.statement;
  if (intent.record.data.canceledAt !== null) return 'canceled';
  switch (payment.phase) {
    case 'open':
      return 'requires_payment_method';
    case 'challenged':
      return 'requires_action';
    case 'processing':
      return 'processing';
    case 'closed':
      return payment.closedAs === 'declined' ? 'requires_payment_method' : 'canceled';
    case 'succeeded':
      return paidStatus(intent);
  }
}

function paidStatus(intent: Intent): IntentStatus {
  const hold = holdOf(intent);
  if (hold === 'HELD') return 'requires_capture';
  return hold === 'VOIDED' || hold === 'EXPIRED' ? 'canceled' : 'succeeded';
}

export function holdOf(intent: Intent) {
  return attemptsOf(intent).find(({ movement }) => movement.hold !== null)?.movement.hold ?? null;
}

/**
 * Where Stripe sends a browser after a challenge: the return URL of the confirmation, with what a page needs to go on. Null where
 * the payment is none of Stripe's, or came without one.
 */
export async function returnUrlOf(deps: SimulatorDeps, bankCode: string): Promise<string | null> {
  const intent = await findIntent(deps, bankCode);
  const { returnUrl } = intent?.record.data ?? { returnUrl: null };
  if (intent === null || returnUrl === null || !isUrl(returnUrl)) return null;
  const url = new URL(returnUrl);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const { kind, id } = intent.record;
  url.searchParams.set(kind, id);
  url.searchParams.set(`${kind}_client_secret`, clientSecretOf(deps, intent.record));
  const isGood = ['succeeded', 'requires_capture', 'processing'].includes(statusOf(intent));
  url.searchParams.set('redirect_status', isGood ? 'succeeded' : 'failed');
  return url.href;
}
