import type { JsonObject } from '../kernel/json.ts';
import type { Money } from '../kernel/money.ts';
import type { ProviderDescriptor } from './descriptor.ts';
import type { ProviderName } from './descriptors.ts';

/**
 * The port: what every payment provider looks like to the rest of Tollgate. An adapter lives in `providers/<name>/`, is entered
 * in `descriptors.ts` and `registry.ts`, and touches nothing else. Adapters do not retry, do not read the clock and do not store anything: they turn
 * one call of ours into the vendor's and the vendor's answer into the words below.
 */

export type { ProviderName } from './descriptors.ts';

export const ENVIRONMENTS = ['TEST', 'LIVE'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export const SESSION_KINDS = ['PAYMENT', 'ADD_PAYMENT_METHOD', 'AUTHORIZATION'] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

/** One merchant's credentials at one provider, decrypted for the length of a call. */
export interface ProviderAccount {
  readonly id: string;
  readonly merchantId: string;
  readonly environment: Environment;
  readonly provider: ProviderName;
  /** Another host than the vendor's own; TEST accounts only. */
  readonly baseUrl: string | null;
  readonly credentials: Readonly<Record<string, string>>;
}

/** What comes with every call that reaches the provider. */
export interface ProviderCall {
  readonly account: ProviderAccount;
  /** Aborted at the deadline. An adapter passes it to its HTTP client. */
  readonly signal: AbortSignal;
  readonly now: Date;
}

/** What comes with every call that changes something there. The key depends on the operation alone; `attempt` begins with 1. */
export interface ProviderEffect extends ProviderCall {
  readonly operationId: string;
  readonly idempotencyKey: string;
  readonly attempt: number;
}

export interface Address {
  readonly line1: string | null;
  readonly line2: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly postalCode: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

export interface Contact {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string | null;
  readonly address: Address;
}

/** Opens a session for the browser to complete. Stored as written and sent again unchanged on a retry. */
export interface StartSessionRequest {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly merchantInternalTransactionCode: string;
  /** Null when a payment method is only stored. */
  readonly money: Money | null;
  readonly currency: string;
  readonly storePaymentMethod: boolean;
  /** Set whenever a method may be stored. */
  readonly customerId: string | null;
  /** What the provider called this customer when it first met them; null when it has not told, or has no such thing. */
  readonly providerCustomerCode: string | null;
  readonly billing: Contact;
  readonly shipping: Contact | null;
  readonly deviceIp: string | null;
  readonly description: string | null;
  readonly returnUrl: string | null;
  readonly attemptsMax: number;
  readonly expiresAt: Date;
}

export interface StartedSession {
  /** The provider's reference of the session, unique within the account. */
  readonly providerCode: string;
  /** What the provider's browser part presents for this session, as in the payload; sessions are shown with it and found by it. */
  readonly clientToken: string;
  /** When the provider stops taking the client token; null when it never does. */
  readonly clientTokenExpiresAt: Date | null;
  /** The provider's name for the request's customer, kept and sent with their next start; null where it has none. */
  readonly providerCustomerCode: string | null;
  /** For the browser: whatever the provider's browser SDK needs, the client token included. */
  readonly payload: JsonObject;
  /** For the adapter alone, handed back later; without `customerCode` in recorded requests and once the payer was erased. */
  readonly state: JsonObject;
}

/** How a session is named towards the provider. */
export interface SessionReference {
  readonly sessionId: string;
  readonly kind: SessionKind;
  readonly providerCode: string;
  readonly state: JsonObject;
}

export const DECLINE_REASONS = [
  'INSUFFICIENT_FUNDS',
  'EXPIRED_CARD',
  'INCORRECT_DATA',
  'LOST_OR_STOLEN',
  'FRAUD_SUSPECTED',
  'AUTHENTICATION_REQUIRED',
  'AUTHENTICATION_FAILED',
  'LIMIT_EXCEEDED',
  'DO_NOT_RETRY',
  'NOT_SUPPORTED',
  'TEMPORARY',
  'GENERIC',
] as const;
export type DeclineReason = (typeof DECLINE_REASONS)[number];

/** What to do with the same card after a decline. */
export const DECLINE_ADVICES = ['NEVER', 'LATER', 'AFTER_CORRECTION', 'CUSTOMER_PRESENT'] as const;
export type DeclineAdvice = (typeof DECLINE_ADVICES)[number];

export interface Decline {
  readonly reason: DeclineReason;
  readonly advice: DeclineAdvice;
  /** The provider's own word, for the merchant only. */
  readonly rawCode: string;
}

export interface CardSummary {
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
}

/** A stored method, as later charges name it at the provider. */
export interface StoredMethod {
  readonly providerCode: string;
  readonly providerCustomerCode: string | null;
  /** The movement with which the payer stored it: later charges without the payer refer to it at some providers. */
  readonly originCode: string | null;
}

/**
 * How far one money movement has come. `started`: collected, not submitted. `authenticating`: waits for the payer.
 * `processing`: waits for the provider. `unknown`: the provider used a word that the adapter does not know.
 */
export type MovementStatus =
  | 'started'
  | 'authenticating'
  | 'processing'
  | 'succeeded'
  | 'declined'
  | 'failed'
  | 'canceled'
  | 'expired'
  | 'unknown';

export const HOLDS = ['HELD', 'SETTLED', 'VOIDED', 'EXPIRED'] as const;
export type Hold = (typeof HOLDS)[number];

/** One money movement (an attempt in a session, a settle, void, refund or charge) as the provider reports it. */
export interface Movement {
  /**
   * The provider's reference of the movement, unique within the account. Until an attempt reaches the bank it may be a provisional
   * one: the core takes a new reference for the attempt that waits for its payer and is not named any more.
   */
  readonly providerCode: string;
  /** The reference under which it was told before. */
  readonly replaces?: string | null;
  readonly status: MovementStatus;
  /** Null only where no money moves (storing a method). */
  readonly money: Money | null;
  readonly decline: Decline | null;
  /** The provider's word for a failure that is not the issuer's decision. */
  readonly failureCode: string | null;
  readonly card: CardSummary | null;
  readonly storedMethod: StoredMethod | null;
  /** Authorizations only: what became of the hold and until when it can be settled. */
  readonly hold: Hold | null;
  readonly capturableUntil: Date | null;
}

/**
 * `awaiting`: open, nothing in progress. `authenticating` and `processing`: an attempt is in progress. `succeeded`: done.
 * `closed`: can no longer be paid. `unknown`: the adapter cannot read the answer.
 */
export type SessionPhase = 'awaiting' | 'authenticating' | 'processing' | 'succeeded' | 'closed' | 'unknown';

export type ClosedReason = 'canceled' | 'expired' | 'declined' | 'failed';

/** A session as of `observedAt`. `attempts`: those that the provider still knows, oldest first. Recorded earlier ones stay. */
export interface SessionOutcome {
  readonly phase: SessionPhase;
  /** Set when the phase is `closed`. */
  readonly closedReason: ClosedReason | null;
  readonly observedAt: Date;
  readonly providerCode: string;
  /** Our session id as the provider echoes it; null where it echoes none. Another one is a mismatch, and so is ''. */
  readonly sessionId: string | null;
  readonly money: Money | null;
  readonly attempts: readonly Movement[];
  /** Where the payer goes to authenticate, when the phase is `authenticating`. */
  readonly challengeUrl: string | null;
}

/** A move of money on an earlier movement: the authorization that is settled or voided, the payment or settle that is given back. */
interface MoveRequest {
  readonly transactionId: string;
  /** The earlier movement's reference. */
  readonly providerCode: string;
  readonly session: SessionReference | null;
  /** A settle may be of less than is held: the rest is released. */
  readonly money: Money;
}
export type SettleRequest = MoveRequest;
/** `isHold`: held money is released, also where no session tells so. Absent in requests that were recorded before it was asked. */
export type VoidRequest = MoveRequest & { readonly isHold?: boolean };
export interface RefundRequest extends MoveRequest {
  readonly reason: string | null;
}

export interface ChargeRequest {
  readonly transactionId: string;
  readonly merchantInternalTransactionCode: string;
  readonly method: StoredMethod;
  readonly money: Money;
  /** True: the money is held, to be settled or voided later, and the answer tells the hold. Left out: it is taken. */
  readonly isHold?: boolean;
  readonly customerId: string;
  readonly billing: Contact | null;
  readonly description: string | null;
}

export interface DetachRequest {
  readonly method: StoredMethod;
}

/** A movement that already exists, named for a look-up. */
export interface MovementReference {
  readonly action: 'PAYMENT' | 'AUTHORIZATION' | 'SETTLE' | 'VOID' | 'REFUND';
  readonly providerCode: string;
  readonly transactionId: string;
  readonly session: SessionReference | null;
}

/** Every kind of call that changes something there, with its stored request and its answer. */
export interface EffectShapes {
  START: { request: StartSessionRequest; answer: StartedSession };
  CANCEL: { request: SessionReference; answer: SessionOutcome };
  SETTLE: { request: SettleRequest; answer: Movement };
  VOID: { request: VoidRequest; answer: Movement };
  REFUND: { request: RefundRequest; answer: Movement };
  CHARGE: { request: ChargeRequest; answer: Movement };
  DETACH: { request: DetachRequest; answer: null };
}
export type EffectKind = keyof EffectShapes;
type RequestOf<Kind extends EffectKind> = EffectShapes[Kind]['request'];
type AnswerOf<Kind extends EffectKind> = EffectShapes[Kind]['answer'];

/** What the provider knows of one operation of ours. `cannot-tell` is final for machines: an operator decides. */
export type Found<Answer> = { readonly found: Answer } | 'absent' | 'cannot-tell';

export const FAILURE_CATEGORIES = [
  'INVALID_REQUEST',
  'CONFLICT',
  'NOT_FOUND',
  'PROVIDER_AUTH',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'UNKNOWN_OUTCOME',
  'UNSUPPORTED',
  'PROGRAMMING_ERROR',
] as const;
/**
 * INVALID_REQUEST: our data was refused. CONFLICT: wrong state there; fetch and adopt. NOT_FOUND: id unknown there.
 * PROVIDER_AUTH: credentials or permission. RATE_LIMITED and UNAVAILABLE: certainly not executed. UNKNOWN_OUTCOME: sent, no
 * answer to trust. UNSUPPORTED: not offered. PROGRAMMING_ERROR: a key reused with other data, an impossible answer.
 */
export type FailureCategory = (typeof FAILURE_CATEGORIES)[number];

/** Thrown by adapters, caught by the one wrapper in `operations/call.ts`. A decline is never a failure. */
export class ProviderFailure extends Error {
  readonly category: FailureCategory;
  /** The provider's own code, safe to log and to show to the merchant. */
  readonly rawCode: string | null;

  constructor(category: FailureCategory, message: string, rawCode: string | null = null) {
    super(message);
    this.name = 'ProviderFailure';
    this.category = category;
    this.rawCode = rawCode;
  }
}

/** What the provider can do, as data: asked before any call. */
export interface Capabilities {
  readonly sessionKinds: readonly SessionKind[];
  readonly effects: readonly EffectKind[];
  readonly sessionLifeMsMax: number;
  /** Payments that are not yet paid out can be voided instead of refunded. */
  readonly voidsPayments: boolean;
  /** A charge of a stored method can hold the money instead of taking it. */
  readonly holdsStored: boolean;
  /** The provider itself ends a session after `attemptsMax` declines. Elsewhere the limit is best effort. */
  readonly limitsAttempts: boolean;
  /** How a dispute can be asked for: by its own reference, which a notification brings, or also by the payment. */
  readonly disputes: 'none' | 'by-reference' | 'by-payment';
  /**
   * What happens to a repeated key. `replay`: the first answer comes again within the window. `duplicate-guard`: a duplicate is
   * refused, so look up first. `lookup-only`: never send again by machine. `settleDelayMs`: for so long after a request the
   * provider may not show it in a look-up yet.
   */
  readonly idempotency:
    | { readonly mode: 'replay'; readonly windowMs: number; readonly settleDelayMs: number }
    | { readonly mode: 'duplicate-guard'; readonly settleDelayMs: number }
    | { readonly mode: 'lookup-only'; readonly settleDelayMs: number };
}

export interface WebhookRequest {
  readonly method: 'GET' | 'POST';
  readonly rawBody: Uint8Array;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * `changed-body`: the signature is right for the same content in other bytes, so something on the way rewrites bodies. `stale`:
 * signed too long ago, or in the future: a clock is wrong, or someone replays. `wrong-account`: signed, and meant for another
 * account or for the other environment.
 */
export type WebhookRejection = 'unsigned' | 'wrong-signature' | 'changed-body' | 'stale' | 'malformed' | 'wrong-account';

/** A verified notification is a hint: what it names is asked for again and never believed as told. */
export interface WebhookHint {
  /** The provider's id of this event, the same for each delivery of it. */
  readonly eventId: string;
  readonly type: string;
  /** References of sessions and movements that may have changed; none when the event is about nothing of ours. */
  readonly providerCodes: readonly string[];
  /** References of disputes that were opened or have changed. */
  readonly disputeCodes: readonly string[];
}

/** A payer's objection at their bank to a payment that was taken. */
export interface Dispute {
  /** The provider's reference of the dispute, unique within the account. */
  readonly providerCode: string;
  /** References of the disputed movement and of its session, whichever the provider tells. */
  readonly paymentCodes: readonly string[];
  /** `open`: not decided yet. `lost`: the payer has the money. `won`: the merchant has it. */
  readonly status: 'open' | 'lost' | 'won' | 'unknown';
  readonly money: Money;
  /** The provider's word for why. */
  readonly reason: string | null;
}

export type WebhookVerdict =
  | { readonly isVerified: true; readonly hint: WebhookHint }
  | { readonly isVerified: false; readonly rejection: WebhookRejection };

/** One provider. Every member that takes a call reaches the network (or the built-in bank) and may throw ProviderFailure. */
export interface Provider {
  readonly name: ProviderName;
  readonly descriptor: ProviderDescriptor;
  readonly capabilities: Capabilities;
  /** Makes one harmless call that the credentials must be good for. Throws ProviderFailure. */
  checkAccount(call: ProviderCall): Promise<void>;
  /** Null when the provider can take the amount, else why not, for the merchant to read. No network. */
  checkAmount(money: Money): string | null;
  /** What a browser needs before a session exists. No network, no secret. */
  baseConfig(account: ProviderAccount): JsonObject;
  /** Runs one effect. The same key gives the same effect once. */
  send<Kind extends EffectKind>(kind: Kind, call: ProviderEffect, request: RequestOf<Kind>): Promise<AnswerOf<Kind>>;
  /** What became of an earlier `send`, without any effect. */
  findByOperation<Kind extends EffectKind>(
    kind: Kind,
    call: ProviderEffect,
    request: RequestOf<Kind>,
  ): Promise<Found<AnswerOf<Kind>>>;
  fetchSession(call: ProviderCall, session: SessionReference): Promise<SessionOutcome>;
  fetchMovement(call: ProviderCall, movement: MovementReference): Promise<Movement>;
  /** Throws UNSUPPORTED, without a call, where `disputes` is `none`. */
  fetchDispute(call: ProviderCall, providerCode: string): Promise<Dispute>;
  /** Every dispute of a payment or settle. Throws UNSUPPORTED, without a call, unless `disputes` is `by-payment`. */
  findDisputes(call: ProviderCall, payment: MovementReference): Promise<readonly Dispute[]>;
  verifyWebhook(account: ProviderAccount, request: WebhookRequest, now: Date): WebhookVerdict;
}
