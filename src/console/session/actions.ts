import type {
  OutcomeFragment,
  SessionKind,
  SessionQuery,
  TransactionCall,
  TransactionLineFragment,
} from '../../generated/console/graphql.ts';
import {
  CancelSessionDocument,
  RefundDocument,
  SettleDocument,
  SyncDocument,
  VerifyAddPaymentMethodDocument,
  VerifyAuthorizationDocument,
  VerifyPaymentDocument,
  VoidDocument,
} from '../../generated/console/graphql.ts';
import { ask } from '../api/ask.ts';
import { formatMoney } from '../format/money.ts';
import { DECLINE_REASONS, MOVEMENTS, SESSION_STATUSES, TRANSACTION_STATUSES } from '../format/words.ts';

export type Session = SessionQuery['clientSession'];

/** What a person decided in a dialog. The key was made when the dialog opened, so pressing twice is one call. */
export interface MoneyOrder {
  readonly key: string;
  /** In the smallest unit; null for the whole. */
  readonly amount: string | null;
  readonly reason: string | null;
}

/** Asks the provider how the payer fared. Moves no money. */
export async function verify({ id, kind }: Pick<Session, 'id' | 'kind'>): Promise<string> {
  return describe(await VERIFY[kind](id));
}

const VERIFY: Readonly<Record<SessionKind, (id: string) => Promise<OutcomeFragment>>> = {
  PAYMENT: async (id) => (await ask(VerifyPaymentDocument, { id })).verifyPaymentSession,
  AUTHORIZATION: async (id) => (await ask(VerifyAuthorizationDocument, { id })).verifyAuthorizationSession,
  ADD_PAYMENT_METHOD: async (id) => (await ask(VerifyAddPaymentMethodDocument, { id })).verifyAddPaymentMethodSession,
};

export async function cancel(id: string): Promise<string> {
  const { status } = (await ask(CancelSessionDocument, { id })).cancelClientSession;
  if (status === 'CANCELED') return 'The session is canceled. Nobody can pay it any more.';
  return `The session is being closed and is ${SESSION_STATUSES[status].toLowerCase()} until the provider’s own has run out.`;
}

/** Asks the provider what became of a transaction. Moves no money. */
export async function sync(id: string): Promise<string> {
  return describe((await ask(SyncDocument, { id })).syncTransaction);
}

/** 128 random bits. `crypto.randomUUID` is not there without TLS, and consoles of private networks are opened without. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export type MoneyCall = Exclude<TransactionCall, 'SYNC'>;

const MONEY: Readonly<Record<MoneyCall, (id: string, order: MoneyOrder) => Promise<OutcomeFragment>>> = {
  SETTLE: async (id, { key, amount }) => (await ask(SettleDocument, { id, key, amount })).settleAuthorization,
  VOID: async (id, { key }) => (await ask(VoidDocument, { id, key })).voidTransaction,
  REFUND: async (id, order) => (await ask(RefundDocument, { id, ...order })).refundTransaction,
};

export function moveMoney(
  call: MoneyCall,
  { id }: Pick<TransactionLineFragment, 'id'>,
  order: MoneyOrder,
): Promise<OutcomeFragment> {
  return MONEY[call](id, order);
}

/** What became of it, in a sentence. */
export function describe({ action, status, amount, currency, decline, failureCode }: OutcomeFragment): string {
  const what = amount === '0' ? MOVEMENTS[action] : `${MOVEMENTS[action]} of ${formatMoney(amount, currency)}`;
  switch (status) {
    case 'SUCCEEDED':
      return `${what}: succeeded.`;
    case 'UNKNOWN':
      return `${what}: the provider’s answer was lost. The gateway keeps asking, and the amount stays claimed until it knows.`;
    case 'PENDING':
    case 'STARTED':
      return `${what}: in progress at the provider.`;
    case 'DECLINED':
      return `${what}: declined${decline === null ? '' : ` (${DECLINE_REASONS[decline.reason].toLowerCase()})`}.`;
    // What the provider tells does not fit: something else may have happened there than was asked for.
    case 'ERROR':
      return `${what}: error${codeOf(failureCode)}. See the timeline, and compare with the provider.`;
    case 'FAILED':
    case 'CANCELED':
    case 'EXPIRED':
      return `${what}: ${TRANSACTION_STATUSES[status].toLowerCase()}${codeOf(failureCode)}. No money moved.`;
  }
}

function codeOf(failureCode: string | null): string {
  return failureCode === null ? '' : ` (${failureCode})`;
}

/** Whether it is done or on its way, and not refused. */
export function isGood({ status }: Pick<OutcomeFragment, 'status'>): boolean {
  return status === 'SUCCEEDED' || status === 'PENDING' || status === 'STARTED';
}
