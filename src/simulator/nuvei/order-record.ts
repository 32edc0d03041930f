import type { BankMovementView } from '../../bank/payment.ts';
import type { BankEntry, BankStatement } from '../../bank/statement.ts';
import { MINUTE_MS } from '../../kernel/clock.ts';
import { isUrl } from '../../kernel/url.ts';
import type { SimulatorDeps } from '../deps.ts';
import { numberId } from '../ids.ts';
import { findByBankCode, readRecord, type VendorRecord } from '../record-store.ts';

/** What Nuvei keeps of an order and the bank does not. */

/** A session token is good for 15 minutes (older portal of Nuvei; that activity does not prolong it is an assumption). */
export const SESSION_LIFE_MS = 15 * MINUTE_MS;

export interface OrderData {
  readonly sessionToken: string;
  readonly clientUniqueId: string | null;
  readonly clientRequestId: string | null;
  readonly userTokenId: string | null;
  readonly transactionType: 'Sale' | 'Auth' | 'PreAuth';
  readonly currency: string;
  readonly notificationUrl: string | null;
  /** Of a stored option, where the order is the charge of one. */
  readonly optionId: string | null;
  /** Where the issuer's page sends the browser after a challenge; null where the browser stays. */
  readonly returnUrl: string | null;
}

/** `order`: for a browser to pay. `charge_order`: the charge of a stored option. */
type OrderKind = 'order' | 'charge_order';
export const ORDER_KINDS: readonly OrderKind[] = ['order', 'charge_order'];

export interface Order {
  readonly record: VendorRecord<OrderData> & { readonly kind: OrderKind; readonly bankCode: string };
  readonly statement: BankStatement;
}

export interface SessionData {
  /** ISO. */
  readonly expiresAt: string;
  /** Null where the token came without an order. */
  readonly orderId: string | null;
}

/** A settle, void or refund, written before the bank is asked, so that one whose answer was lost is found. */
export interface MoveData {
  readonly clientUniqueId: string | null;
  readonly clientRequestId: string | null;
  readonly type: 'Settle' | 'Void' | 'Credit';
  readonly relatedTransactionId: string;
  readonly notificationUrl: string | null;
  readonly orderId: string;
}

export interface ChargebackData {
  readonly orderId: string;
  readonly relatedTransactionId: string;
  /** Hundredths. */
  readonly amount: string;
  readonly currency: string;
  readonly reason: string;
  readonly status: 'PENDING' | 'APPROVED' | 'DECLINED';
}

const TRANSACTION_ID_LENGTH = 19;
const ORDER_ID_LENGTH = 12;

export function transactionIdOf(movementId: string): string {
  return numberId('711', TRANSACTION_ID_LENGTH, movementId);
}

export function orderIdOf(accountId: string, operationId: string): string {
  return numberId('4', ORDER_ID_LENGTH, accountId, operationId);
}

export function optionIdOf(methodId: string): string {
  return numberId('8', ORDER_ID_LENGTH, methodId);
}

export async function readOrder(deps: SimulatorDeps, accountId: string, orderId: string): Promise<Order | null> {
  const record = await readRecord<OrderData>(deps.database.client, accountId, orderId);
  return record && withStatement(deps, record);
}

async function findOrder(deps: SimulatorDeps, bankCode: string): Promise<Order | null> {
  const record = await findByBankCode<OrderData>(deps.database.client, { bankCode, kinds: ORDER_KINDS });
  return record && withStatement(deps, record);
}

/** Null when the bank turned its making down. */
export async function withStatement(deps: SimulatorDeps, record: VendorRecord<OrderData>): Promise<Order | null> {
  const { kind, bankCode } = record;
  if ((kind !== 'order' && kind !== 'charge_order') || bankCode === null) return null;
  const statement = await deps.bank.readStatement(record.accountId, bankCode);
  return statement.ok ? { record: { ...record, kind, bankCode }, statement: statement.value } : null;
}

/** Failed authentications leave no transaction: Nuvei's own plugin says so. Challenges nobody answered do not either. */
export function isTransaction({ movement }: BankEntry): boolean {
  if (movement.kind !== 'ATTEMPT') return true;
  if (movement.status === 'canceled' || movement.status === 'expired') return false;
  return movement.declineCode !== 'authentication_failed';
}

export function lastAttempt({ statement }: Order): BankEntry | undefined {
  return statement.entries.findLast((entry) => entry.movement.kind === 'ATTEMPT' && isTransaction(entry));
}

export function optionOf(order: Order, movement: BankMovementView): string | null {
  if (order.record.data.optionId !== null) return order.record.data.optionId;
  return movement.methodId === null ? null : optionIdOf(movement.methodId);
}

/** Where a browser goes after a challenge: `notificationURL` of the 3-D Secure data that it paid with. Null where it gave none. */
export async function returnUrlOfOrder(deps: SimulatorDeps, bankCode: string): Promise<string | null> {
  const url = (await findOrder(deps, bankCode))?.record.data.returnUrl ?? '';
  return isUrl(url) && /^https?:$/.test(new URL(url).protocol) ? url : null;
}
