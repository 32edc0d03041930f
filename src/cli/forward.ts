import { createHmac } from 'node:crypto';
import { systemClock } from '../kernel/clock.ts';
import { isUrl } from '../kernel/url.ts';
import { isOwnMachine } from '../merchant-webhooks/addresses.ts';
import { toBody } from '../merchant-webhooks/message.ts';
import { createPoster, type PostOutcome } from '../merchant-webhooks/post.ts';
import { hostOf, portOf, readAddressRules } from '../merchant-webhooks/rules.ts';
import { signMessage } from '../merchant-webhooks/signing.ts';
import { VERSION } from '../version.ts';
import type { LoggedEvent } from './follow-log.ts';
import { ask, Refused, type Remote } from './remote.ts';

/** Sends events to a receiver on this machine, as the gateway sends them to an endpoint. */
export interface Forwarder {
  /** By which the receiver verifies. The same at each start with the same key of the gateway, and of no use to find that key. */
  readonly secret: string;
  /** The body that the gateway would send now. Throws Refused and Unanswered. */
  toMessage(event: LoggedEvent, signal: AbortSignal): Promise<string>;
  post(event: LoggedEvent, body: string, signal: AbortSignal): Promise<PostOutcome>;
  close(): void;
}

const LOOPBACK = ['127.0.0.1', '::1'] as const;

/** Throws Refused where the target is not on this machine. */
export function createForwarder(remote: Remote, target: string): Forwarder {
  if (!isUrl(target) || new URL(target).protocol !== 'http:' || !isOwnMachine(hostOf(new URL(target)))) {
    throw new Refused('--forward-to must lead to this machine, such as http://127.0.0.1:3000/hooks.');
  }
  const gateway = new URL(remote.url);
  const own = {
    publicUrl: remote.url,
    consoleOrigin: null,
    simulatorUrl: null,
    port: isOwnMachine(hostOf(gateway)) ? portOf(gateway) : 0,
  };
  // A name leads nowhere else, whatever name servers say.
  const rules = readAddressRules({ ...own, databaseUrl: null, webhookAllow: [], webhookProxyUrl: null }, async () => LOOPBACK);
  const poster = createPoster({ rules, proxyUrl: null, clock: systemClock, version: VERSION });
  const secret = `whsec_${createHmac('sha256', remote.secretKey).update('tollgate listen').digest('base64')}`;
  return {
    secret,
    toMessage: (event, signal) => toMessage(remote, event, signal),
    post(event, body, signal) {
      const headers = signMessage({ id: event.id, sentAt: systemClock.now(), body }, [secret]);
      return poster.post({ endpointId: 'listen', environment: 'TEST', url: target, headers: { ...headers }, body, signal });
    },
    close: () => poster.close(),
  };
}

const SUBJECTS = `query Subjects($session: ID!, $hasSession: Boolean!, $transaction: ID!, $hasTransaction: Boolean!) {
  session: clientSession(by: { id: $session }) @include(if: $hasSession) {
    id kind status currency merchantInternalTransactionCode customer { id }
    ... on PaymentSession { amount }
    ... on AuthorizationSession { amount }
  }
  transaction(by: { id: $transaction }) @include(if: $hasTransaction) {
    id action status amount currency providerCode decline { reason } relatedTransaction { id }
  }
}`;

interface Subjects {
  readonly session?: Shown & {
    readonly kind: string;
    readonly merchantInternalTransactionCode: string;
    readonly customer: { readonly id: string } | null;
  };
  readonly transaction?: Shown & {
    readonly action: string;
    readonly providerCode: string | null;
    readonly decline: { readonly reason: string } | null;
    readonly relatedTransaction: { readonly id: string } | null;
  };
}

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly currency: string;
  readonly amount?: string;
}

async function toMessage(remote: Remote, event: LoggedEvent, signal: AbortSignal): Promise<string> {
  const { sessionId, transactionId, sequence, data } = event;
  const variables = {
    session: sessionId ?? '',
    hasSession: sessionId !== null,
    transaction: transactionId ?? '',
    hasTransaction: transactionId !== null,
  };
  const { session, transaction } = await ask<Subjects>(remote, { query: SUBJECTS, variables }, signal);
  const { paymentMethodId } = data;
  return toBody({
    environment: remote.environment,
    event: {
      ...event,
      createdAt: new Date(event.createdAt),
      previousSequence: sequence === null || sequence === 1 ? null : sequence - 1,
      paymentMethodId: typeof paymentMethodId === 'string' ? paymentMethodId : null,
    },
    session: session
      ? {
          ...session,
          amountMinor: BigInt(session.amount ?? 0),
          code: session.merchantInternalTransactionCode,
          customerId: session.customer?.id ?? null,
        }
      : null,
    transaction: transaction
      ? {
          ...transaction,
          kind: transaction.action,
          amountMinor: BigInt(transaction.amount ?? 0),
          code: transaction.providerCode,
          customerId: null,
          relatedTransactionId: transaction.relatedTransaction?.id ?? null,
          declineReason: transaction.decline?.reason ?? null,
        }
      : null,
  });
}
