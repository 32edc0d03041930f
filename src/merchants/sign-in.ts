import { HOUR_MS } from '../kernel/clock.ts';
import { isLoopbackHost } from '../kernel/origin.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import type { MerchantScope } from '../kernel/scope.ts';

/**
 * A person at the console. The browser holds a token of its own in place of the secret key, so that the key is nowhere in it. The
 * token ends by itself after twelve hours, and with the key that was given for it.
 */
export interface SignIn {
  readonly id: string;
  readonly scope: MerchantScope;
  /** The secret key that was given; null when a link from the operator opened it. */
  readonly keyId: string | null;
  /** Of the link until it is used, of the sign-in from then on. */
  readonly expiresAt: Date;
}

export interface SignedIn {
  readonly id: string;
  /** What the browser holds: 256 random bits. */
  readonly token: string;
  readonly expiresAt: Date;
}

export const SIGN_IN_LIFE_MS = 12 * HOUR_MS;
export const LINK_LIFE_MS = HOUR_MS;

export interface ConsoleSettings {
  /** Where browsers reach this gateway, without a slash at the end. */
  readonly publicUrl: string;
  /** Where the console is, if not there. */
  readonly consoleOrigin: string | null;
  /** Whether the console can be signed in to. */
  readonly hasConsole: boolean;
}

/** The console's origin: the gateway's own unless it was given one. */
export function consoleOriginOf({ publicUrl, consoleOrigin }: Pick<ConsoleSettings, 'publicUrl' | 'consoleOrigin'>): string {
  return consoleOrigin ?? new URL(publicUrl).origin;
}

/**
 * Why a sign-in of the scope may not exist here, or null. Every page of an origin can use its sign-ins, and the checkout page runs
 * scripts of the vendors that move real money. So the console of the LIVE environment has an origin of its own. Plain http shows keys
 * and cookies to everyone on the way, so it serves this console on the same machine only.
 */
export function signInProblem(
  { publicUrl, consoleOrigin, hasConsole }: ConsoleSettings,
  { environment }: MerchantScope,
): Refusal | null {
  if (!hasConsole) return TURNED_OFF;
  if (environment === 'TEST') return null;
  const origin = consoleOriginOf({ publicUrl, consoleOrigin });
  if (origin === new URL(publicUrl).origin) return SHARED_ADDRESS;
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || isLoopbackHost(hostname) ? null : PLAIN_HTTP;
}

const TURNED_OFF = refusal('FORBIDDEN', 'The console is turned off. Remove TOLLGATE_CONSOLE=false to use it.');
const SHARED_ADDRESS = refusal(
  'FORBIDDEN',
  'This console cannot show the LIVE environment, because it shares its address with the checkout page. Set TOLLGATE_CONSOLE_ORIGIN to an address of its own.',
);
const PLAIN_HTTP = refusal(
  'FORBIDDEN',
  'This console cannot show the LIVE environment over plain http. Set TOLLGATE_CONSOLE_ORIGIN to an https:// address.',
);
