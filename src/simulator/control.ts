import { z } from 'zod';
import { DAY_MS } from '../kernel/clock.ts';
import { given } from '../kernel/given.ts';
import { isId } from '../kernel/ids.ts';
import { parseJson } from '../kernel/json.ts';
import { accountSchema } from './accounts.ts';
import type { SimulatorDeps } from './deps.ts';
import { type EventDeps, listEvents } from './events.ts';
import { faultSchema } from './faults.ts';
import { closeNuveiDispute, openNuveiDispute } from './nuvei/disputes.ts';
import { findDispute } from './record-store.ts';
import { closeStripeDispute, openStripeDispute } from './stripe/disputes.ts';
import { jsonAnswer, type WireAnswer, type WireRequest } from './wire.ts';

/**
 * What a test tells the simulator, and reads of it. JSON in and out; a body counts only with the content type of JSON, which a page of
 * another origin cannot send without asking, and no such page is ever allowed to.
 */

const timeSchema = z.strictObject({
  advanceMs: z
    .int()
    .min(0)
    .max(3650 * DAY_MS),
});
const disputeSchema = z.strictObject({
  accountId: z.uuid(),
  providerCode: z.string().min(1).max(255),
  reason: z.string().min(1).max(100).default('fraudulent'),
});
const verdictSchema = z.strictObject({ status: z.enum(['won', 'lost']) });

type Run = (
  deps: SimulatorDeps & EventDeps,
  asked: { readonly body: unknown; readonly query: URLSearchParams; readonly id: string },
) => Promise<WireAnswer>;

/** By method and path behind /simulator/. */
const ROUTES: Readonly<Record<string, Run>> = {
  'POST faults': withBody(faultSchema, async (deps, fault) => {
    if (deps.faults.add(fault)) return jsonAnswer(200, fault);
    return jsonAnswer(409, { error: 'Too many faults wait already. Clear them first.' });
  }),
  'DELETE faults': async ({ faults }) => {
    faults.clear();
    return jsonAnswer(200, {});
  },
  'POST time': withBody(timeSchema, async ({ clock }, { advanceMs }) =>
    jsonAnswer(200, { now: (await clock.advance(advanceMs)).toISOString() }),
  ),
  'POST accounts': withBody(accountSchema, async ({ accounts }, account) => {
    const twin = accounts.twinOf(account);
    if (twin !== null) return jsonAnswer(409, { error: `The account ${twin} has the same keys. Give each keys of its own.` });
    if (!accounts.hasRoomFor(account)) return jsonAnswer(409, { error: 'There are too many accounts already.' });
    await accounts.add(account);
    return jsonAnswer(200, { id: account.id });
  }),
  'GET requests': async ({ requests }, { query }) => {
    return jsonAnswer(200, requests.list(given({ accountId: query.get('accountId'), call: query.get('call') })));
  },
  'GET webhooks': async (deps, { query }) => {
    const accountId = query.get('accountId');
    if (accountId !== null && !isId(accountId)) return jsonAnswer(400, { error: 'accountId must be the id of an account.' });
    return jsonAnswer(200, await listEvents(deps, given({ accountId })));
  },
  'POST disputes': withBody(disputeSchema, openDispute),
  'POST disputes/:id': withBody(verdictSchema, closeDispute),
};

/** Answers everything under /simulator but the challenges. */
export async function serveControl(deps: SimulatorDeps & EventDeps, request: WireRequest): Promise<WireAnswer> {
  const { method, path, headers, query } = request;
  const isFromPage = headers['origin'] !== undefined || !isOwnHost(deps, headers['host'] ?? '');
  if (isFromPage) return jsonAnswer(403, { error: 'The control is for scripts on this machine, not for pages.' });
  const [, name, id] = /^\/simulator\/([a-z]+)(?:\/([\w-]{1,100}))?$/.exec(path) ?? [];
  const run = ROUTES[`${method} ${name}${id === undefined ? '' : '/:id'}`];
  if (run === undefined) return jsonAnswer(404, { error: 'There is no such control.' });
  const isJson = (headers['content-type'] ?? '').startsWith('application/json');
  if (method === 'POST' && !isJson) return jsonAnswer(415, { error: 'The content type must be application/json.' });
  return run(deps, { body: parseJson(request.body), query, id: id ?? '' });
}

/** A name of another host that leads here is a trick of some page. */
function isOwnHost(deps: SimulatorDeps, host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return ['127.0.0.1', 'localhost', '[::1]'].includes(name) || deps.url() === `http://${host}`;
}

function withBody<Shape>(
  schema: z.ZodType<Shape>,
  run: (deps: SimulatorDeps & EventDeps, body: Shape, id: string) => Promise<WireAnswer>,
): Run {
  return async (deps, { body, id }) => {
    const parsed = schema.safeParse(body);
    if (parsed.success) return run(deps, parsed.data, id);
    const [issue] = parsed.error.issues;
    return jsonAnswer(400, { error: `${issue?.path.join('.') || 'body'}: ${issue?.message}` });
  };
}

async function openDispute(deps: SimulatorDeps, asked: z.output<typeof disputeSchema>): Promise<WireAnswer> {
  const account = deps.accounts.find(asked.accountId);
  if (account === undefined) return jsonAnswer(404, { error: 'There is no such account.' });
  const dispute = { accountId: account.id, code: asked.providerCode, reason: asked.reason };
  const id = account.dialect === 'STRIPE' ? await openStripeDispute(deps, dispute) : await openNuveiDispute(deps, dispute);
  return id === null
    ? jsonAnswer(409, { error: 'Nothing was taken under this code that could be disputed.' })
    : jsonAnswer(200, { id });
}

async function closeDispute(deps: SimulatorDeps, { status }: z.output<typeof verdictSchema>, id: string): Promise<WireAnswer> {
  const dispute = await findDispute(deps.database.client, id);
  if (dispute === null) return jsonAnswer(404, { error: 'There is no such dispute.' });
  const asked = { accountId: dispute.accountId, id, status };
  const isClosed = dispute.kind === 'dispute' ? await closeStripeDispute(deps, asked) : await closeNuveiDispute(deps, asked);
  return isClosed ? jsonAnswer(200, { id, status }) : jsonAnswer(409, { error: 'The dispute is decided already.' });
}
