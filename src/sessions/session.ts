import type { Dialect } from '../kernel/dialect.ts';
import type { JsonObject } from '../kernel/json.ts';
import type {
  Contact,
  Environment,
  Hold,
  ProviderName,
  SessionKind,
  SessionOutcome,
  SessionPhase,
} from '../providers/provider.ts';

export const SESSION_STATUSES = [
  'PENDING',
  'ACTIVE',
  'COMPLETED',
  'DECLINED',
  'CANCELED',
  'EXPIRED',
  'ERROR',
  'UNKNOWN',
] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** What the caller or the payer is expected to do next. Derived, never stored. */
export const SESSION_ACTIONS = ['COLLECT_PAYMENT_METHOD', 'AUTHENTICATE', 'WAIT', 'SETTLE_OR_VOID', 'NONE'] as const;
export type SessionAction = (typeof SESSION_ACTIONS)[number];

export interface Payer extends Contact {
  /** ISO 8601 calendar date. */
  readonly birthDate: string | null;
  readonly locale: string | null;
  readonly legalIdentifier: string | null;
  readonly legalIdentifierType: string | null;
}

export const DEVICE_TYPES = ['DESKTOP', 'SMARTPHONE', 'TABLET', 'TV', 'UNKNOWN'] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

export interface Device {
  readonly id: string | null;
  readonly ip: string | null;
  readonly browser: string | null;
  readonly os: string | null;
  readonly name: string | null;
  readonly type: DeviceType | null;
}

/** What the payer sees: one try to pay, store a method or place a hold, from its start to its end. */
export interface Session {
  readonly id: string;
  readonly merchantId: string;
  readonly environment: Environment;
  readonly providerAccountId: string;
  readonly provider: ProviderName;
  readonly kind: SessionKind;
  readonly status: SessionStatus;
  /** What the provider said last; `starting` until it has answered the start. */
  readonly phase: SessionPhase | 'starting';
  /** 0n when a payment method is only stored. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly storePaymentMethod: boolean;
  readonly merchantInternalTransactionCode: string;
  readonly customerId: string | null;
  readonly paymentMethodId: string | null;
  readonly tokenExpiresAt: Date;
  readonly expiresAt: Date;
  readonly attemptsMax: number;
  readonly attempts: number;
  readonly providerCode: string | null;
  readonly providerError: string | null;
  /** Where the payer authenticates, sealed: `openChallenge` reads it. */
  readonly sealedChallenge: Uint8Array<ArrayBuffer> | null;
  /** The status it is being closed to; its token no longer opens it. */
  readonly closingAs: ClosingStatus | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly returnUrl: string | null;
  readonly observedAt: Date | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** When its personal data was blanked; news writes none of it back from then on. */
  readonly erasedAt: Date | null;
  /** The API that it was started through; null where that was not kept. */
  readonly dialect: Dialect | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a list reads of a session where no more is selected. */
export const SUMMARY_FIELDS = [
  'id',
  'merchantId',
  'environment',
  'providerAccountId',
  'provider',
  'kind',
  'status',
  'phase',
  'amountMinor',
  'currency',
  'merchantInternalTransactionCode',
  'customerId',
  'attemptsMax',
  'attempts',
  'providerCode',
  'closingAs',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof Session)[];
export type SessionSummary = Pick<Session, (typeof SUMMARY_FIELDS)[number]>;

/** Whether the rest was read as well. */
export function isWhole(session: SessionSummary): session is Session {
  return 'version' in session;
}

/** The parts of a session that only its merchant and its own payer may see; null once the customer was erased. */
export interface SessionPersonalData {
  readonly billing: Contact | null;
  readonly shipping: Contact | null;
  readonly user: Payer | null;
  readonly device: Device | null;
}

/** What opens the session in a browser. */
export interface SessionSecrets {
  readonly token: string;
  /** Null until the provider has answered the start. */
  readonly payload: JsonObject | null;
  /** What the provider's own browser part presents for the session; null until the start was answered. */
  readonly clientToken: string | null;
}

export type ClosingStatus = 'CANCELED' | 'EXPIRED' | 'DECLINED';

/** What can happen to a session, whoever brought the news. */
export const SESSION_SIGNALS = [
  'STARTED',
  'START_REFUSED',
  'START_LOST',
  'OPENED',
  'AWAITING',
  'ATTEMPTED',
  'SUCCEEDED',
  'CLOSED_DECLINED',
  'CLOSED_CANCELED',
  'CLOSED_EXPIRED',
  'CLOSED_FAILED',
  'MISMATCHED',
  'UNREADABLE',
] as const;
export type SessionSignal = (typeof SESSION_SIGNALS)[number];

export interface SessionTransition {
  readonly to: SessionStatus;
  /** A person should look: money arrived late, or the provider contradicts us. */
  readonly isAlert: boolean;
}

type Row = Readonly<Record<SessionSignal, SessionTransition>>;

const to = (status: SessionStatus): SessionTransition => ({ to: status, isAlert: false });
const alertTo = (status: SessionStatus): SessionTransition => ({ to: status, isAlert: true });

/** The status stays, whatever happens. */
function staying(status: SessionStatus): Row {
  return Object.fromEntries(SESSION_SIGNALS.map((signal) => [signal, to(status)])) as Row;
}

/** Closed sessions do not change, but money truth wins: a success that arrives late completes the session and raises an alert. */
function closed(status: SessionStatus): Row {
  const late = status === 'COMPLETED' ? to('COMPLETED') : alertTo('COMPLETED');
  return { ...staying(status), SUCCEEDED: late, MISMATCHED: alertTo(status) };
}

const ENDINGS = {
  SUCCEEDED: to('COMPLETED'),
  CLOSED_DECLINED: to('DECLINED'),
  CLOSED_CANCELED: to('CANCELED'),
  CLOSED_EXPIRED: to('EXPIRED'),
  CLOSED_FAILED: to('ERROR'),
  MISMATCHED: alertTo('ERROR'),
  UNREADABLE: to('UNKNOWN'),
} as const;

export const SESSION_TRANSITIONS: Readonly<Record<SessionStatus, Row>> = {
  PENDING: {
    STARTED: to('PENDING'),
    START_REFUSED: to('ERROR'),
    START_LOST: to('UNKNOWN'),
    OPENED: to('ACTIVE'),
    AWAITING: to('PENDING'),
    ATTEMPTED: to('ACTIVE'),
    ...ENDINGS,
  },
  ACTIVE: { ...staying('ACTIVE'), ...ENDINGS },
  UNKNOWN: {
    STARTED: to('PENDING'),
    START_REFUSED: to('ERROR'),
    START_LOST: to('UNKNOWN'),
    OPENED: to('UNKNOWN'),
    AWAITING: to('ACTIVE'),
    ATTEMPTED: to('ACTIVE'),
    ...ENDINGS,
  },
  COMPLETED: closed('COMPLETED'),
  DECLINED: closed('DECLINED'),
  CANCELED: closed('CANCELED'),
  EXPIRED: closed('EXPIRED'),
  ERROR: closed('ERROR'),
};

export function transitionSession(from: SessionStatus, signal: SessionSignal): SessionTransition {
  return SESSION_TRANSITIONS[from][signal];
}

const OPEN_STATUSES: readonly SessionStatus[] = ['PENDING', 'ACTIVE', 'UNKNOWN'];

export function isOpen(status: SessionStatus): boolean {
  return OPEN_STATUSES.includes(status);
}

/** What a merchant may ask of a session. */
export const SESSION_CALLS = ['VERIFY', 'CANCEL'] as const;
export type SessionCall = (typeof SESSION_CALLS)[number];

/**
 * What may change something in a session now; the API offers it, and `cancelSession` refuses by it. One that the provider is at work
 * on, or that is being closed, cannot be canceled.
 */
export function allowedSessionCalls(session: Pick<Session, 'status' | 'phase' | 'closingAs'>): readonly SessionCall[] {
  if (!isOpen(session.status)) return [];
  const isBusy = session.phase === 'processing' || session.closingAs !== null;
  return isBusy ? ['VERIFY'] : SESSION_CALLS;
}

/** What an outcome means for its session. A cancel that we asked for ends as what it was asked for: expiry, limit or cancellation. */
export function signalOf(outcome: SessionOutcome, closingAs: ClosingStatus | null): SessionSignal {
  switch (outcome.phase) {
    case 'succeeded':
      return 'SUCCEEDED';
    case 'awaiting':
      return outcome.attempts.length > 0 ? 'ATTEMPTED' : 'AWAITING';
    case 'authenticating':
    case 'processing':
      return 'ATTEMPTED';
    case 'unknown':
      return 'UNREADABLE';
    case 'closed':
      return closedSignal(outcome, closingAs);
  }
}

function closedSignal(outcome: SessionOutcome, closingAs: ClosingStatus | null): SessionSignal {
  switch (outcome.closedReason) {
    case 'declined':
      return 'CLOSED_DECLINED';
    case 'expired':
      // Where there is no cancel call, running out is how the provider ends what was ended here before.
      return `CLOSED_${closingAs ?? 'EXPIRED'}`;
    case 'canceled':
      return `CLOSED_${closingAs ?? 'CANCELED'}`;
    case 'failed':
    case null:
      return 'CLOSED_FAILED';
  }
}

/**
 * The expected next action.
 * @param hold what became of the hold of a completed authorization; null for every other session
 */
export function actionOf(session: Pick<Session, 'status' | 'phase' | 'closingAs'>, hold: Hold | null): SessionAction {
  if (session.status === 'COMPLETED') return hold === 'HELD' ? 'SETTLE_OR_VOID' : 'NONE';
  if (!isOpen(session.status)) return 'NONE';
  if (session.status === 'UNKNOWN' || session.closingAs !== null) return 'WAIT';
  switch (session.phase) {
    case 'awaiting':
      return 'COLLECT_PAYMENT_METHOD';
    case 'authenticating':
      return 'AUTHENTICATE';
    case 'starting':
    case 'processing':
    case 'unknown':
    case 'succeeded':
    case 'closed':
      return 'WAIT';
  }
}
