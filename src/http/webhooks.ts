import { PROVIDER_NAMES, type ProviderName, type WebhookRequest } from '../providers/provider.ts';
import type { IntakeResult, RejectionReason } from '../webhooks/intake.ts';

export interface WebhookRoutesDeps {
  readonly receive: (notification: {
    provider: ProviderName;
    pathSecret: string;
    request: WebhookRequest;
  }) => Promise<IntakeResult>;
}

const PATH = /^\/webhooks\/([a-z]{1,20})\/([\w-]{1,100})$/;

/** What a refused notification is answered with. A provider shows it to whoever looks at failed deliveries there. */
const REJECTIONS: Readonly<Record<RejectionReason, { readonly status: number; readonly message: string }>> = {
  'unknown-account': { status: 404, message: 'No provider account has this webhook address. `tollgate provider list` shows it.' },
  unsigned: { status: 401, message: 'The notification is not signed, or the account has no secret to check it with.' },
  'wrong-signature': {
    status: 401,
    message: 'None of the account’s secrets makes this signature: the secret is of another endpoint, or the content was changed.',
  },
  'changed-body': {
    status: 401,
    message: 'The secret is right, but the body was written anew on the way. Let proxies pass it byte for byte.',
  },
  stale: { status: 400, message: 'It was signed more than five minutes ago or ahead: a clock is wrong, or it was held back.' },
  malformed: { status: 400, message: 'The notification cannot be read.' },
  'wrong-account': { status: 400, message: 'It is signed, but meant for another account or for the other environment.' },
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
  const { status, message } = REJECTIONS[reason];
  return Response.json({ verdict: reason, message }, { status });
}
