import type {
  EndpointLineFragment,
  WebhookDeliveryStatus,
  WebhookEndpointDisabledReason,
  WebhookOrdering,
  WebhookSignatureScheme,
} from '../../generated/console/graphql.ts';
import type { Tone } from '../format/words.ts';
import { Badge } from '../parts/badge.tsx';

export const ORDERINGS: Readonly<Record<WebhookOrdering, string>> = {
  PER_SESSION: 'In order within each session',
  NONE: 'Each as soon as possible',
};

export const SCHEMES: Readonly<Record<WebhookSignatureScheme, string>> = {
  HMAC_SHA256: 'Shared secret (v1)',
  ED25519: 'Key pair (v1a)',
};

export const DISABLED_REASONS: Readonly<Record<WebhookEndpointDisabledReason, string>> = {
  MERCHANT: 'Disabled by you',
  GONE: 'It responded with status 410, which asks for no more messages',
  FAILING: 'It failed for 120 hours without one success',
};

export const DELIVERY_STATUSES: Readonly<Record<WebhookDeliveryStatus, readonly [word: string, tone: Tone]>> = {
  PENDING: ['Pending', 'busy'],
  DELIVERED: ['Delivered', 'good'],
  FAILED: ['Failed', 'bad'],
  DROPPED: ['Dropped', 'quiet'],
};

/** Why no response came. A cause that is not listed is shown as the API names it. */
export const FAILURES: Readonly<Record<string, string>> = {
  refused_url: 'The URL is no longer allowed.',
  refused_address: 'The host leads to an address that is not of the public internet.',
  dns: 'The host name has no address.',
  proxy: 'The proxy of the gateway made no connection.',
  connect: 'The host did not accept the connection.',
  connect_timeout: 'No connection was made within 5 seconds.',
  tls: 'The TLS connection failed.',
  timeout: 'The server did not respond within 15 seconds.',
  reset: 'The server ended the connection before its response.',
  protocol: 'The response is not valid HTTP.',
  aborted: 'The gateway stopped during the attempt, which is repeated.',
  unwritable: 'The gateway could not write the request.',
};

/** What people call it: what it is for, or else where it is. */
export function nameOf({ description, url }: Pick<EndpointLineFragment, 'description' | 'url'>): string {
  return description ?? hostOf(url);
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

export function HealthBadge({ endpoint }: { readonly endpoint: EndpointLineFragment }) {
  const [word, tone] = healthOf(endpoint);
  return <Badge tone={tone}>{word}</Badge>;
}

function healthOf({ isEnabled, disabledReason, failingSince, lastSuccessAt }: EndpointLineFragment): readonly [string, Tone] {
  if (!isEnabled) return ['Disabled', disabledReason === 'MERCHANT' ? 'quiet' : 'bad'];
  if (failingSince !== null) return ['Failing', 'bad'];
  return lastSuccessAt === null ? ['Nothing sent yet', 'quiet'] : ['Healthy', 'good'];
}
