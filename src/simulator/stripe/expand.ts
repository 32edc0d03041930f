import type { BankCall } from '../../bank/once.ts';
import type { StripeAccount } from '../accounts.ts';
import type { SimulatorDeps } from '../deps.ts';
import type { Audience } from './errors.ts';
import { invalid, reply, type StripeReply } from './errors.ts';
import { attemptsOf, type Intent, readIntent } from './intent-record.ts';
import { methodStateOf, methodView, toMethodView } from './method-view.ts';
import { chargeById, customerById, disputeById, refundById } from './objects.ts';
import { chargeIdOf, chargeView, intentView, methodIdOf, type View } from './views.ts';

/** `expand`: ids in an answer replaced by what they name. */

interface Expander {
  readonly deps: SimulatorDeps;
  readonly accountId: string;
  readonly audience: Audience;
  /** The intent that the answer is about: its parts need not be read again. */
  readonly intent?: Intent | undefined;
}

type Fetch = (by: Expander, id: string) => Promise<View | null>;

const FETCHES: Readonly<Record<string, Fetch>> = {
  latest_charge: fetchCharge,
  charge: fetchCharge,
  payment_method: fetchMethod,
  customer: ({ deps, accountId }, id) => customerById(deps, accountId, id),
  refund: ({ deps, accountId }, id) => refundById(deps, accountId, id),
  dispute: ({ deps, accountId }, id) => disputeById(deps, accountId, id),
  async payment_intent({ deps, accountId, audience }, id) {
    const intent = await readIntent(deps, accountId, id);
    return intent && intentView(deps, intent, audience);
  },
};

async function fetchCharge({ deps, accountId, intent }: Expander, id: string): Promise<View | null> {
  const entry = intent && attemptsOf(intent).find(({ movement }) => chargeIdOf(movement) === id);
  return intent === undefined || entry === undefined ? chargeById(deps, accountId, id) : chargeView(deps, intent, entry);
}

async function fetchMethod({ deps, accountId, intent }: Expander, id: string): Promise<View | null> {
  const isTyped = intent?.record.data.chargedMethod === null;
  const entry = isTyped ? attemptsOf(intent).find(({ movement }) => methodIdOf(intent, movement) === id) : undefined;
  if (entry === undefined) return methodView(deps, accountId, id);
  return toMethodView(id, await methodStateOf(deps, accountId, entry));
}

const DEPTH_MAX = 4;

/** Refuses a path that names nothing expandable. */
async function expandView(by: Expander, view: View, paths: readonly string[]): Promise<StripeReply> {
  const expanded = await expandAll(by, view, paths);
  return expanded === null ? unexpandable(paths) : reply(expanded);
}

/** Lists take their paths with `data.` before them. */
export async function expandList(
  by: Expander,
  views: readonly View[],
  paths: readonly string[],
): Promise<readonly View[] | null> {
  if (paths.some((path) => !path.startsWith('data.'))) return null;
  const inner = paths.map((path) => path.slice('data.'.length));
  const expanded = await Promise.all(views.map((view) => expandAll(by, view, inner)));
  return expanded.every((view) => view !== null) ? expanded : null;
}

export function unexpandable(paths: readonly string[]): StripeReply {
  return invalid(`This property cannot be expanded (${paths.join(', ')}).`, 'expand');
}

async function expandAll(by: Expander, view: View, paths: readonly string[]): Promise<View | null> {
  let current: View | null = view;
  for (const path of paths) current = current && (await expandOne(by, current, path.split('.')));
  return current;
}

async function expandOne(by: Expander, view: View, path: readonly string[]): Promise<View | null> {
  const [name = '', ...rest] = path;
  const fetch = FETCHES[name];
  const value = view[name];
  if (fetch === undefined || value === undefined || path.length > DEPTH_MAX) return null;
  if (value === null) return view;
  const whole = typeof value === 'string' ? await fetch(by, value) : (value as View);
  if (whole === null) return view;
  const inner = rest.length === 0 ? whole : await expandOne(by, whole, rest);
  return inner && { ...view, [name]: inner };
}

/** One call of an account, with its parameters read. */
export interface StripeCall<Params> {
  readonly deps: SimulatorDeps;
  readonly account: StripeAccount;
  /** Whose key it came with. */
  readonly caller: Audience;
  readonly params: Params;
  /** The id in the path; empty where there is none. */
  readonly id: string;
  /** The same for each attempt under one idempotency key. */
  readonly operationId: string;
}

export function bankCallOf({ account, operationId }: StripeCall<unknown>): BankCall {
  return { accountId: account.id, operationId, key: `stripe ${operationId}` };
}

/** The view with what the caller wants whole. */
export async function replyWith(call: StripeCall<{ readonly expand: readonly string[] }>, view: View): Promise<StripeReply> {
  return expandView(expanderOf(call), view, call.params.expand);
}

/** The intent as it stands. */
export async function replyWithIntent(
  call: StripeCall<{ readonly expand: readonly string[] }>,
  intent: Intent,
): Promise<StripeReply> {
  const view = await intentView(call.deps, intent, call.caller);
  return expandView({ ...expanderOf(call), intent }, view, call.params.expand);
}

export function expanderOf({ deps, account, caller }: StripeCall<unknown>): Expander {
  return { deps, accountId: account.id, audience: caller };
}
