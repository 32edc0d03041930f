import type { Deps } from '../deps.ts';
import { ok, type Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { createSignInLink } from '../merchants/manage-sign-ins.ts';
import { consoleOriginOf } from '../merchants/sign-in.ts';

export interface ConsoleLink {
  /** Opens the console once, without a key. The code is behind the #, so that it comes into no log on the way. */
  readonly link: string;
  readonly expiresAt: Date;
}

/** Refuses with FORBIDDEN where this gateway's console does not show the side. */
export async function makeConsoleLink(deps: Deps, scope: MerchantScope): Promise<Result<ConsoleLink>> {
  const made = await createSignInLink(deps, scope);
  if (!made.ok) return made;
  const { code, expiresAt } = made.value;
  return ok({ link: `${consoleOriginOf(deps.settings)}/console#${code}`, expiresAt });
}
