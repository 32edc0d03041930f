import { OpenCheckoutDocument, type OpenCheckoutQuery } from '../generated/checkout/graphql.ts';
import type { PageClock } from './clock.ts';
import { send } from './request.ts';

/** The session as its own browser may know it, read from the gateway with the token. */

export type Kind = 'PAYMENT' | 'AUTHORIZATION' | 'ADD_PAYMENT_METHOD';
export type SessionStatus = OpenCheckoutQuery['clientSession']['status'];

export interface Session {
  readonly id: string;
  readonly kind: Kind;
  readonly status: SessionStatus;
  /** What the gateway expects to come next, as far as it has heard. */
  readonly action: OpenCheckoutQuery['clientSession']['action'];
  /** In the smallest unit, as text: it may be more than a number holds exactly. Null when a card is only stored. */
  readonly amountMinor: string | null;
  readonly currency: string;
  readonly description: string | null;
  readonly returnUrl: string | null;
  /** Whether the card is kept for later charges. */
  readonly storesCard: boolean;
  /** By the gateway's clock. */
  readonly expiresAtMs: number;
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly provider: OpenCheckoutQuery['clientSession']['transactionProvider'];
  /** Whether the provider has answered the start. */
  readonly isPrepared: boolean;
  /** What the provider's browser part needs. Null before the start was answered, and once nothing can be paid any more. */
  readonly payload: Readonly<Record<string, unknown>> | null;
}

export interface Shop {
  readonly publicId: string;
  readonly name: string;
  /** Whether no real money moves. */
  readonly isTest: boolean;
}

export interface Reading {
  readonly session: Session;
  readonly shop: Shop;
}

/** What says that the token opens nothing, now and later. */
const GONE_CODES: readonly unknown[] = ['UNAUTHENTICATED', 'SESSION_NOT_FOUND', 'FORBIDDEN'];

interface WireAnswer {
  readonly data?: OpenCheckoutQuery | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
}

/** Reads the session, and the gateway's clock on the way. Rejects when the gateway gives no answer to use. */
export async function readSession(token: string, clock: PageClock): Promise<Reading | 'gone'> {
  const body = { query: OpenCheckoutDocument.toString(), variables: { token } };
  const response = await send('/graphql', { json: body, headers: { authorization: `Bearer ${token}` } });
  clock.learn(response.headers.get('date'));
  const { data, errors } = (await response.json()) as WireAnswer;
  if (data != null) return toReading(data);
  if (GONE_CODES.includes(errors?.[0]?.extensions?.code)) return 'gone';
  throw new Error('The gateway gave no answer to use.');
}

function toReading({ clientSession: found, merchant }: OpenCheckoutQuery): Reading {
  return {
    session: {
      id: found.id,
      kind: found.kind,
      status: found.status,
      action: found.action,
      amountMinor: 'amount' in found ? found.amount : null,
      currency: found.currency,
      description: found.description,
      returnUrl: found.returnUrl,
      storesCard: 'storePaymentMethod' in found ? found.storePaymentMethod : true,
      expiresAtMs: Date.parse(found.expiresAt),
      attempts: found.attempts,
      attemptsMax: found.attemptsMax,
      provider: found.transactionProvider,
      isPrepared: found.providerCode !== null,
      payload: found.payload,
    },
    shop: { publicId: merchant.publicId, name: merchant.name, isTest: merchant.environment === 'TEST' },
  };
}
