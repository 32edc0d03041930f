import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { MINUTE_MS } from '../kernel/clock.ts';
import { htmlAnswer, type WireOutcome, type WireRequest } from './wire.ts';

/**
 * Trouble on order. `…-before` comes instead of executing the call, `…-after` once it was executed. 429 and 503 are answered before
 * anything is looked at; 500 is an answer of the call itself. `html`: a page of some proxy in between, nothing executed.
 */
const FAULTS = [
  '429',
  '500',
  '500-after',
  '503',
  'reset-before',
  'reset-after',
  'hang-before',
  'hang-after',
  'slow',
  'html',
] as const;

export const faultSchema = z.strictObject({
  /** The vendor's name of the call, or `*`. */
  call: z.string().min(1).max(100),
  fault: z.enum(FAULTS),
  /** How many calls it hits. */
  times: z.int().min(1).max(10_000).default(1),
  /** Of `slow`. */
  delayMs: z
    .int()
    .min(0)
    .max(2 * MINUTE_MS)
    .default(1000),
  /** Only calls whose path or body contains this. */
  match: z.string().min(1).max(1000).optional(),
});
export type OrderedFault = z.infer<typeof faultSchema>;

const ORDERS_MAX = 1000;

export interface FaultBook {
  /** False when too many wait. */
  add(order: OrderedFault): boolean;
  clear(): void;
  /** The fault that this call meets, counted down; null for none. */
  take(call: string, request: WireRequest): OrderedFault | null;
}

/** In memory: a restart forgets them. */
export function createFaultBook(): FaultBook {
  let orders: { readonly order: OrderedFault; left: number }[] = [];
  return {
    add(order) {
      if (orders.length >= ORDERS_MAX) return false;
      orders.push({ order, left: order.times });
      return true;
    },
    clear() {
      orders = [];
    },
    take(call, request) {
      const met = orders.find(({ order }) => fits(order, call, request));
      if (met === undefined) return null;
      met.left -= 1;
      orders = orders.filter(({ left }) => left > 0);
      return met.order;
    },
  };
}

function fits({ call, match }: OrderedFault, name: string, { path, body }: WireRequest): boolean {
  if (call !== '*' && call !== name) return false;
  return match === undefined || path.includes(match) || body.includes(match);
}

/** What befalls a call in the middle of it. */
export interface Trouble {
  /** Whether the vendor breaks down, and when. */
  readonly breaks: 'never' | 'before' | 'after';
  /** How long it takes beyond its time, with its key in use. */
  readonly delayMs: number;
}

const NO_TROUBLE: Trouble = { breaks: 'never', delayMs: 0 };

/** Waits as ordered. */
export async function delay({ delayMs }: Trouble): Promise<void> {
  if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
}

/** How a vendor says that it did not even look. */
export interface Turndown {
  limited(): WireOutcome;
  unavailable(): WireOutcome;
}

const PROXY_PAGE = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

/** Runs the call with the trouble that was ordered for it. */
export async function runWithFault(
  order: OrderedFault | null,
  turndown: Turndown,
  run: (trouble: Trouble) => Promise<WireOutcome>,
): Promise<WireOutcome> {
  switch (order?.fault) {
    case undefined:
      return run(NO_TROUBLE);
    case '429':
      return turndown.limited();
    case '503':
      return turndown.unavailable();
    case 'html':
      return htmlAnswer(502, PROXY_PAGE);
    case '500':
      return run({ breaks: 'before', delayMs: 0 });
    case '500-after':
      return run({ breaks: 'after', delayMs: 0 });
    case 'reset-before':
      return 'reset';
    case 'hang-before':
      return 'hang';
    case 'slow':
      return run({ breaks: 'never', delayMs: order?.delayMs ?? 0 });
    case 'reset-after':
      await run(NO_TROUBLE);
      return 'reset';
    case 'hang-after':
      await run(NO_TROUBLE);
      return 'hang';
  }
}
