import type { BankCall } from '../../bank/once.ts';
import type { StripeAccount } from '../accounts.ts';
import type { SimulatorDeps } from '../deps.ts';
import type { Audience } from './declines.ts';
import type { StripeReply } from './errors.ts';
import { type Expander, expandView } from './expand.ts';
import type { Intent } from './intent-record.ts';
import { intentView, type View } from './views.ts';

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
