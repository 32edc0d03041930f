import { randomUUID } from 'node:crypto';
import { addMs, MINUTE_MS } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import {
  type EffectKind,
  type EffectShapes,
  type Movement,
  type Provider,
  type ProviderAccount,
  type ProviderCall,
  type ProviderEffect,
  ProviderFailure,
  type SessionKind,
  type SessionOutcome,
  type SessionReference,
  type StartedSession,
  type StartSessionRequest,
  type WebhookRequest,
} from '../../src/providers/provider.ts';
import type { TestClock } from '../support/clock.ts';

/** How the payer's card behaves, in words that every provider's test mode has a card for. */
export type Behaviour =
  | 'approve'
  | 'decline'
  | 'challenge'
  | 'answer-lost'
  | 'request-lost'
  | 'notified-twice'
  | 'notified-out-of-order';

/** One provider with everything around it that a test can move: its clock, its payers and what it delivers. */
export interface ProviderLab {
  readonly provider: Provider;
  readonly account: ProviderAccount;
  readonly clock: TestClock;
  /** What the payer's browser does, tried until the provider has executed it. */
  pay(started: StartedSession, behaviour: Behaviour): Promise<void>;
  answerChallenge(challengeUrl: string, result: 'approve' | 'fail'): Promise<void>;
  /** Every delivery owed for a session, in the order of arrival, signed now. */
  deliveries(providerCode: string): Promise<readonly WebhookRequest[]>;
  /** What the provider's own test mode cannot show; the suite leaves it out. */
  readonly lacks: readonly (Behaviour | 'time' | 'webhooks')[];
  /** The credentials that a browser may see. */
  readonly publicCredentials: readonly string[];
  /** The same delivery with other content under the old signature, and without a signature. */
  tamper(delivery: WebhookRequest): WebhookRequest;
  unsign(delivery: WebhookRequest): WebhookRequest;
  /** Whether an old signature is refused. */
  readonly deliveriesGoStale: boolean;
  /** A session that the provider has never heard of, in the form of its own. */
  unknown(reference: SessionReference): SessionReference;
  close(): Promise<void>;
}

export const USD_1000 = { amountMinor: 1000n, currency: 'USD' } as const;

export function read(lab: ProviderLab): ProviderCall {
  return { account: lab.account, signal: new AbortController().signal, now: lab.clock.now() };
}

export function newEffect(lab: ProviderLab): ProviderEffect {
  const operationId = newId(lab.clock.now());
  return { ...read(lab), operationId, idempotencyKey: `${lab.account.id}:${operationId}`, attempt: 1 };
}

export function startRequest(lab: ProviderLab, kind: SessionKind = 'PAYMENT'): StartSessionRequest {
  const isStoring = kind === 'ADD_PAYMENT_METHOD';
  const address = { line1: '1 Main St', line2: null, city: 'Springfield', state: 'IL', postalCode: '62701', country: 'US' };
  return {
    sessionId: randomUUID(),
    kind,
    merchantInternalTransactionCode: randomUUID(),
    money: isStoring ? null : USD_1000,
    currency: 'USD',
    storePaymentMethod: isStoring,
    customerId: isStoring ? randomUUID() : null,
    providerCustomerCode: null,
    billing: {
      firstName: 'Jane',
      lastName: 'Doe',
      email: 'jane@example.com',
      phone: null,
      address,
    },
    shipping: null,
    deviceIp: null,
    description: null,
    returnUrl: null,
    attemptsMax: 3,
    expiresAt: addMs(lab.clock.now(), 15 * MINUTE_MS),
  };
}

export interface LabSession {
  readonly started: StartedSession;
  readonly reference: SessionReference;
}

export async function start(lab: ProviderLab, kind: SessionKind = 'PAYMENT'): Promise<LabSession> {
  const request = startRequest(lab, kind);
  const started = await lab.provider.send('START', newEffect(lab), request);
  return { started, reference: { sessionId: request.sessionId, kind, providerCode: started.providerCode, state: started.state } };
}

/** A session that a payer has tried, and how it stands then. */
export async function startAndPay(
  lab: ProviderLab,
  behaviour: Behaviour,
  kind: SessionKind = 'PAYMENT',
): Promise<LabSession & { outcome: SessionOutcome }> {
  const session = await start(lab, kind);
  await lab.pay(session.started, behaviour);
  return { ...session, outcome: await lab.provider.fetchSession(read(lab), session.reference) };
}

export function lastAttempt(outcome: SessionOutcome): Movement {
  const attempt = outcome.attempts.at(-1);
  if (attempt === undefined) throw new Error('The session has no attempt.');
  return attempt;
}

/** The request of a settle, void or refund of the session's last attempt. */
export function moveOf({ reference, outcome }: LabSession & { outcome: SessionOutcome }, amountMinor = 1000n) {
  const { providerCode } = lastAttempt(outcome);
  return { transactionId: randomUUID(), providerCode, session: reference, money: { amountMinor, currency: 'USD' }, reason: null };
}

/** What a refused move of money may look like: turned away, or recorded there as failed. */
export const REFUSED: readonly string[] = ['INVALID_REQUEST', 'CONFLICT', 'failed'];
/** A lost answer. Some vendors' libraries repeat a broken connection once by themselves, under the same key. */
export const LOST: readonly string[] = ['UNKNOWN_OUTCOME', 'done'];

/** The category in which a call failed, or the status of a movement that did; 'done' when nothing did. */
export async function sendFor<Kind extends EffectKind>(
  lab: ProviderLab,
  kind: Kind,
  { request, effect = newEffect(lab) }: { request: EffectShapes[Kind]['request']; effect?: ProviderEffect },
): Promise<string> {
  return lab.provider.send(kind, effect, request).then(
    (answer) => (isFailedMovement(answer) ? 'failed' : 'done'),
    (error: unknown) => {
      if (error instanceof ProviderFailure) return error.category;
      throw error;
    },
  );
}

function isFailedMovement(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'failed';
}
