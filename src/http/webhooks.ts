import { PROVIDER_NAMES, type ProviderName, type WebhookRequest } from '../providers/provider.ts';
import type { IntakeResult } from '../webhooks/intake.ts';

export interface WebhookRoutesDeps {
  readonly receive: (notification: {
    provider: ProviderName;
    pathSecret: string;
    request: WebhookRequest;
  }) => Promise<IntakeResult>;
}

const PATH = /^\/webhooks\/([a-z]{1,20})\/([\w-]{1,100})$/;
const STATUS_OF = { 'unknown-account': 404, unsigned: 401, 'wrong-signature': 401, stale: 400, malformed: 400 } as const;

/** Answers the paths under /webhooks, and null for every other. The bytes are handed on as they came. */
export function createWebhookRoutes(deps: WebhookRoutesDeps): (request: Request) => Promise<Response | null> {
  return async (request) => {
    const url = new URL(request.url);
    const [, word, pathSecret] = PATH.exec(url.pathname) ?? [];
    if (word === undefined || pathSecret === undefined) return null;
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } });
    const provider = PROVIDER_NAMES.find((name) => name.toLowerCase() === word);
    if (provider === undefined) return answer(404, 'unknown-account');
    const rawBody = new Uint8Array(await request.arrayBuffer());
    const headers = Object.fromEntries(request.headers);
    const query = Object.fromEntries(url.searchParams);
    const result = await deps.receive({ provider, pathSecret, request: { rawBody, headers, query } });
    return result.isAccepted ? answer(200, 'accepted') : answer(STATUS_OF[result.reason], result.reason);
  };
}

function answer(status: number, verdict: string): Response {
  return Response.json({ verdict }, { status });
}
