import { createHash, randomUUID } from 'node:crypto';
import { addMs, HOUR_MS } from '../../kernel/clock.ts';
import type { SimulatorDeps } from '../deps.ts';
import { delay, type Trouble } from '../faults.ts';
import { brokenDown, fail, type StripeReply } from './errors.ts';

/**
 * Stripe's layer of idempotency keys: the first answer of a key, a 500 among them, is replayed for 24 hours; the same key with another
 * request is refused, and so is one whose first call still runs. What was not executed (a mistake in the parameters) is not kept.
 */

const KEY_LIFE_MS = 24 * HOUR_MS;
export const KEY_LENGTH_MAX = 255;
/** A call that was begun and not answered: its answer was lost, or the process ended. */
const UNANSWERED = 0;

/** Keys whose first call runs in this process. */
const running = new WeakMap<SimulatorDeps, Set<string>>();

export interface KeyedCall {
  readonly accountId: string;
  /** Null where the caller gave none: then nothing is replayed. */
  readonly key: string | null;
  /** Method, path and parameters. */
  readonly request: string;
  readonly trouble: Trouble;
  /** `operationId` is the same for each attempt under a living key. */
  run(operationId: string): Promise<Executed>;
}

/**
 * `answered`: the answer is kept and replayed. `begun`: it may have been executed, so the key stays bound to this request, but the next
 * call under it is executed. `refused`: nothing was executed, and the key is as new.
 */
export interface Executed {
  readonly reply: StripeReply;
  readonly outcome: 'answered' | 'begun' | 'refused';
}

export type KeyedReply = { readonly reply: StripeReply; readonly isReplay: boolean };

export async function runKeyed(deps: SimulatorDeps, call: KeyedCall): Promise<KeyedReply> {
  const { accountId, key } = call;
  if (key === null) return { reply: (await execute(call, randomUUID())).reply, isReplay: false };
  const name = `${accountId} ${key}`;
  const busy = running.get(deps) ?? new Set();
  running.set(deps, busy);
  if (busy.has(name)) return { reply: inUse(key), isReplay: false };
  busy.add(name);
  try {
    return await runFirst(deps, call, key);
  } finally {
    busy.delete(name);
  }
}

async function runFirst(deps: SimulatorDeps, call: KeyedCall, key: string): Promise<KeyedReply> {
  const where = { accountId_key: { accountId: call.accountId, key } };
  const answers = deps.database.client.simulatorAnswer;
  const requestHash = createHash('sha256').update(call.request).digest('hex');
  const found = await answers.findUnique({ where });
  const isAlive = found !== null && addMs(found.createdAt, KEY_LIFE_MS) > deps.clock.now();
  if (isAlive && found.requestHash !== requestHash) return { reply: reused(key), isReplay: false };
  if (isAlive && found.status !== UNANSWERED) return { reply: decode(found), isReplay: true };
  const createdAt = isAlive ? found.createdAt : deps.clock.now();
  const row = { accountId: call.accountId, key, requestHash, status: UNANSWERED, body: '', createdAt };
  if (!isAlive) await answers.upsert({ where, create: row, update: row });
  const { reply, outcome } = await execute(call, operationIdOf(call.accountId, key, createdAt));
  if (outcome === 'answered' && reply !== 'reset')
    await answers.update({ where, data: { status: reply.status, body: JSON.stringify(reply.body) } });
  if (outcome === 'refused' && !isAlive) await answers.delete({ where });
  return { reply, isReplay: false };
}

/** A pruned key is a new one, so the moment of its first use is a part of it. */
function operationIdOf(accountId: string, key: string, firstUsedAt: Date): string {
  return createHash('sha256').update(`${accountId}\n${key}\n${firstUsedAt.toISOString()}`).digest('hex').slice(0, 40);
}

async function execute({ trouble, run }: KeyedCall, operationId: string): Promise<Executed> {
  await delay(trouble);
  switch (trouble.breaks) {
    case 'never':
      return run(operationId);
    case 'before':
      return { reply: brokenDown(), outcome: 'answered' };
    case 'after':
      await run(operationId);
      return { reply: brokenDown(), outcome: 'answered' };
  }
}

function decode({ status, body }: { status: number; body: string }): StripeReply {
  return { status, body: JSON.parse(body) as Record<string, unknown> };
}

function inUse(key: string): StripeReply {
  const message = `Another request with this idempotency key is in progress: ${key}`;
  return fail(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message });
}

function reused(key: string): StripeReply {
  const message = `Keys for idempotent requests can only be used with the parameters they were first used with. Key: ${key}`;
  return fail(400, { type: 'idempotency_error', message });
}
