import type { Contact } from '../providers/provider.ts';
import type { Session, SessionPersonalData, SessionStatus } from '../sessions/session.ts';
import type { Transaction, TransactionStatus } from '../transactions/transaction.ts';
import { type AccrupayContext, loadersOf } from './context.ts';

type Facts = Pick<
  Session,
  | 'id'
  | 'merchantId'
  | 'environment'
  | 'providerAccountId'
  | 'kind'
  | 'status'
  | 'amountMinor'
  | 'currency'
  | 'customerId'
  | 'paymentMethodId'
  | 'providerCode'
  | 'providerError'
  | 'startedAt'
  | 'endedAt'
  | 'observedAt'
  | 'createdAt'
  | 'updatedAt'
> & {
  readonly merchantInternalTransactionCode: string | null;
  readonly storePaymentMethod: boolean | null;
  readonly tokenExpiresAt: Date | null;
};

/** What the payment form of a session's own browser is given; nothing once the session is over. */
export interface BrowserPart {
  readonly clientToken: string | null;
  readonly billing: Contact | null;
}

/**
 * A session in this dialect. `MERCHANT`: one of the merchant's client sessions. `BROWSER`: the same for whoever has its id, without what
 * only the merchant may see. `TRANSACTION`: an authorization of a stored method, which the contract calls a server session and which
 * has no session in the core.
 */
export type ShownSession = Facts &
  (
    | { readonly view: 'MERCHANT' }
    | { readonly view: 'BROWSER'; readonly browser: BrowserPart }
    | { readonly view: 'TRANSACTION'; readonly transaction: Transaction }
  );

export function showSession(session: Session): ShownSession {
  return { ...session, view: 'MERCHANT' };
}

export function showToBrowser(session: Session, browser: BrowserPart): ShownSession {
  const hidden = { merchantInternalTransactionCode: null, customerId: null, paymentMethodId: null, providerError: null };
  return { ...session, ...hidden, view: 'BROWSER', browser };
}

const SERVER_STATUSES: Readonly<Record<TransactionStatus, SessionStatus>> = {
  PENDING: 'PENDING',
  STARTED: 'ACTIVE',
  SUCCEEDED: 'COMPLETED',
  FAILED: 'ERROR',
  DECLINED: 'DECLINED',
  CANCELED: 'CANCELED',
  EXPIRED: 'EXPIRED',
  ERROR: 'ERROR',
  UNKNOWN: 'UNKNOWN',
};

export function showServerSession(transaction: Transaction): ShownSession {
  const { id, merchantId, environment, providerAccountId, amountMinor, currency, customerId, paymentMethodId } = transaction;
  const { providerCode, merchantInternalTransactionCode, failureCode: providerError, createdAt } = transaction;
  const { endedAt, observedAt, updatedAt } = transaction;
  const same = { id, merchantId, environment, providerAccountId, amountMinor, currency, customerId, paymentMethodId };
  return {
    ...same,
    providerCode,
    merchantInternalTransactionCode,
    providerError,
    endedAt,
    observedAt,
    createdAt,
    updatedAt,
    kind: 'AUTHORIZATION',
    status: SERVER_STATUSES[transaction.status],
    storePaymentMethod: false,
    tokenExpiresAt: null,
    startedAt: createdAt,
    view: 'TRANSACTION',
    transaction,
  };
}

const NOBODY: SessionPersonalData = { billing: null, shipping: null, user: null, device: null };

export async function peopleOfSession(session: ShownSession, context: AccrupayContext): Promise<SessionPersonalData | null> {
  switch (session.view) {
    case 'MERCHANT':
      return (await loadersOf(context).sessionPersonalData(session.id)) ?? null;
    case 'BROWSER':
      return { ...NOBODY, billing: session.browser.billing };
    case 'TRANSACTION':
      return peopleOfTransaction(session.transaction, context);
  }
}

/** Those of its session, or whoever stored the method that was charged. */
export async function peopleOfTransaction(
  transaction: Transaction,
  context: AccrupayContext,
): Promise<SessionPersonalData | null> {
  const { sessionId, paymentMethodId } = transaction;
  if (sessionId !== null) return (await loadersOf(context).sessionPersonalData(sessionId)) ?? null;
  if (paymentMethodId === null) return null;
  const method = await loadersOf(context).paymentMethod(paymentMethodId);
  return { ...NOBODY, billing: method?.billing ?? null };
}
