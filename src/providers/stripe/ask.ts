import { AsyncLocalStorage } from 'node:async_hooks';
import type { Stripe } from 'stripe';
import { type ProviderCall, ProviderFailure } from '../provider.ts';
import { type CallMode, toFailure, unreadable } from './failures.ts';

/** How the ids of each kind of object begin (docs.stripe.com/api, 2026-10), those of older accounts included. */
export const ID_PREFIXES = {
  charge: ['ch_', 'py_'],
  customer: ['cus_'],
  dispute: ['dp_', 'du_'],
  payment_intent: ['pi_'],
  payment_method: ['pm_', 'card_', 'src_'],
  refund: ['re_', 'pyr_'],
  setup_intent: ['seti_'],
} as const;

type ObjectName = keyof typeof ID_PREFIXES;

interface Question {
  readonly mode: CallMode;
  readonly object: ObjectName;
}

/**
 * Makes one request and believes its answer only when that is the kind of object that was asked for: the library gives back
 * any JSON without an `error`, whatever its HTTP status (stripe 23.1.0). Throws ProviderFailure.
 */
export async function ask<T extends { object: ObjectName; id: string }>(
  call: ProviderCall,
  { mode, object }: Question,
  request: () => Promise<T>,
): Promise<T> {
  const answer = await run(call, mode, request);
  if (!isObject(answer, object)) throw unreadable(mode);
  return answer;
}

/** The same for one page of a list. */
export async function askList<T>(
  call: ProviderCall,
  request: () => Promise<Stripe.ApiList<T>>,
): Promise<{ items: readonly T[]; hasMore: boolean }> {
  const { object, data, has_more: hasMore } = await run(call, 'read', request);
  if (object !== 'list' || !Array.isArray(data)) throw unreadable('read');
  return { items: data, hasMore };
}

async function run<T>(call: ProviderCall, mode: CallMode, request: () => Promise<T>): Promise<T> {
  if (call.signal.aborted) throw new ProviderFailure('UNAVAILABLE', 'The call was over before it was sent.', 'aborted');
  const handover: Handover = { isHandedOver: false };
  try {
    return await watchHandover(handover, async () => request());
  } catch (error) {
    throw toFailure(error, { mode, progress: handover.isHandedOver ? 'handed-over' : 'before' });
  }
}

function isObject(answer: Partial<{ object: string; id: unknown }>, object: ObjectName): boolean {
  const { id } = answer;
  return answer.object === object && typeof id === 'string' && ID_PREFIXES[object].some((prefix) => id.startsWith(prefix));
}

/** The id behind a field that may hold the whole object. */
export function idOf(field: string | { id: string } | null | undefined): string | null {
  return typeof field === 'string' ? field : (field?.id ?? null);
}

/** The object behind a field that may hold its id only. */
export function expanded<T extends object>(field: string | T | null | undefined): T | null {
  return typeof field === 'object' ? field : null;
}

/** How far the library came with one request. It does not say by its errors whether it had begun to send. */
interface Handover {
  isHandedOver: boolean;
}

const current = new AsyncLocalStorage<Handover>();

/** Runs one call of the library, whose request then notes itself in `handover`. */
function watchHandover<T>(handover: Handover, run: () => Promise<T>): Promise<T> {
  return current.run(handover, run);
}

/** The HTTP client has been given the request: from now on bytes may leave. */
export function noteHandover(): void {
  const handover = current.getStore();
  if (handover !== undefined) handover.isHandedOver = true;
}
