import type { MerchantScope } from '../kernel/scope.ts';
import { createSignInLink } from '../merchants/sign-in.ts';
import type { Deps } from '../operations/deps.ts';

export interface ConsoleLink {
  /** Opens the console once, without a key. The code is behind the #, so that it comes into no log on the way. */
  readonly link: string;
  readonly expiresAt: Date;
}

export async function makeConsoleLink(deps: Deps, scope: MerchantScope): Promise<ConsoleLink> {
  const { code, expiresAt } = await createSignInLink(deps, scope);
  return { link: `${deps.settings.publicUrl}/console#${code}`, expiresAt };
}
