import { type Refusal, refusal } from '../kernel/refusal.ts';
import type { MerchantScope } from '../kernel/scope.ts';

/** Whether events of one session wait for each other. */
export const ORDERINGS = ['PER_SESSION', 'NONE'] as const;
export type Ordering = (typeof ORDERINGS)[number];

/** How messages are signed: by a shared secret (Standard Webhooks `v1`) or by a key pair (`v1a`). */
export const SCHEMES = ['HMAC_SHA256', 'ED25519'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** Who disabled an endpoint: the merchant, a receiver that responded with 410, or the gateway after days of failures. */
export const DISABLED_REASONS = ['MERCHANT', 'GONE', 'FAILING'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** Endpoints of one merchant in one environment. */
export const ENDPOINTS_MAX = 16;

/** Where a merchant is told of events. */
export interface WebhookEndpoint extends MerchantScope {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  /** Empty: every type. */
  readonly eventTypes: readonly string[];
  readonly ordering: Ordering;
  readonly scheme: Scheme;
  readonly sealedSecret: Uint8Array;
  /** The secret before the last rotation, which signs as well until `previousUntil`. */
  readonly sealedPreviousSecret: Uint8Array | null;
  readonly previousUntil: Date | null;
  readonly disabledAt: Date | null;
  readonly disabledReason: DisabledReason | null;
  /** The first failure since the last success. */
  readonly failingSince: Date | null;
  readonly lastSuccessAt: Date | null;
  /** Alerts raised since `failingSince`. */
  readonly failureAlerts: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const DELIVERY_STATUSES = ['PENDING', 'DELIVERED', 'FAILED', 'DROPPED'] as const;
/** `FAILED`: every attempt failed. `DROPPED`: its endpoint was enabled again without what it had missed. */
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One event for one endpoint. */
export interface Delivery {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly sessionId: string | null;
  readonly sequence: number | null;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** Null once it has ended. */
  readonly nextAttemptAt: Date | null;
  /** The HTTP status of the last response; null where none came. */
  readonly lastStatus: number | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** One request of a delivery. */
export interface DeliveryAttempt {
  readonly id: string;
  readonly deliveryId: string;
  readonly at: Date;
  readonly durationMs: number;
  /** Null where no response came; `failure` says why. */
  readonly status: number | null;
  readonly failure: string | null;
  /** The first kilobyte of the response; null where there was none. */
  readonly response: string | null;
}

export function noSuchEndpoint(id: string): Refusal {
  const message = `This merchant has no webhook endpoint ${id} in this environment. List its endpoints to see their ids.`;
  return refusal('WEBHOOK_ENDPOINT_NOT_FOUND', message);
}
