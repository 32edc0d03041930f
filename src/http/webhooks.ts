import { PROVIDER_NAMES, type ProviderName } from '../providers/descriptors.ts';
import type { WebhookRequest } from '../providers/provider.ts';
import type { IntakeResult, RejectionReason } from '../webhooks/intake.ts';
import { REJECTIONS } from '../webhooks/rejection.ts';

export interface WebhookRoutesDeps {
  readonly receive: (notification: {
    provider: ProviderName;
    pathSecret: string;
    request: WebhookRequest;
  }) => Promise<IntakeResult>;
}

/**
 * Stripe hands the same events to Amazon EventBridge, which takes 256 KB (docs.stripe.com/event-destinations/eventbridge, read
 * 2026-11); this is twice that. Nuvei's and EXAMPLE's have a few kB.
 */
export const WEBHOOK_BODY_BYTES_MAX = 512 * 1_024;

const PATH = /^\/webhooks\/([a-z]{1,20})\/([\w-]{1,100})$/;

/** A provider shows the status and the message to people who look at failed deliveries there. */
const STATUSES: Readonly<Record<RejectionReason, number>> = {
  'unknown-account': 404,
  unsigned: 401,
  'wrong-signature': 401,
  'changed-body': 401,
  stale: 400,
  malformed: 400,
  'wrong-account': 400,
};
const MESSAGES: Readonly<Record<RejectionReason, string>> = {
  ...REJECTIONS,
  'unknown-account': 'No provider account has this webhook address. `tollgate provider list` shows it.',
};

/** Answers the paths under /webhooks, and null for every other. The bytes are handed on as they came. */
export function createWebhookRoutes(deps: WebhookRoutesDeps): (request: Request) => Promise<Response | null> {
  return async (request) => {
    const url = new URL(request.url);
    const [, word, pathSecret] = PATH.exec(url.pathname) ?? [];
    if (word === undefined || pathSecret === undefined) return null;
    const { method } = request;
    // Some providers notify by GET, all in the query.
    if (method !== 'POST' && method !== 'GET') return new Response(null, { status: 405, headers: { allow: 'GET, POST' } });
    const provider = PROVIDER_NAMES.find((name) => name.toLowerCase() === word);
    if (provider === undefined) return reject('unknown-account');
    const rawBody = new Uint8Array(await request.arrayBuffer());
    const headers = Object.fromEntries(request.headers);
    const query = Object.fromEntries(url.searchParams);
    const result = await deps.receive({ provider, pathSecret, request: { method, rawBody, headers, query } });
    return result.isAccepted ? Response.json({ verdict: 'accepted' }) : reject(result.reason);
  };
}

function reject(reason: RejectionReason): Response {
  return Response.json({ verdict: reason, message: MESSAGES[reason] }, { status: STATUSES[reason] });
}
