/**
 * The token on its way: it comes behind the # of the address, which browsers never send, and waits in this tab's own storage while
 * the payer is at a challenge. It is taken out on return, and is in no address that anybody logs.
 */

const STORED_TOKEN = 'tollgate.checkout';

export interface Arrival {
  /** Null when the page was opened without one. */
  readonly token: string | null;
  /** Whether a challenge or a vendor's page led here. */
  readonly isReturn: boolean;
}

/** What the test bank, simulated vendors and Stripe add to the address that leads back. */
const RETURN_QUERY = /[?&](answered|left|payment_intent|setup_intent)(=|&|$)/;

/** Takes the token from the address or from storage. What others have added to the address goes. */
export function arrive(): Arrival {
  const stored = takeStored();
  const fromLink = location.hash.slice(1);
  const isReturn = fromLink === '' && RETURN_QUERY.test(location.search);
  const token = fromLink || stored;
  history.replaceState(null, '', token ? `${location.pathname}#${token}` : location.pathname);
  return { token: token || null, isReturn };
}

/** Keeps the token for the trip. False where this browser keeps nothing for this page, as in some frames. */
export function keepToken(token: string): boolean {
  try {
    sessionStorage.setItem(STORED_TOKEN, token);
    return true;
  } catch {
    return false;
  }
}

/** When the trip did not take place. */
export function forgetToken(): void {
  takeStored();
}

function takeStored(): string {
  try {
    const token = sessionStorage.getItem(STORED_TOKEN) ?? '';
    sessionStorage.removeItem(STORED_TOKEN);
    return token;
  } catch {
    return '';
  }
}

/** Where a challenge leads back to: this page, without its token. */
export function returnAddress(): string {
  return `${location.origin}${location.pathname}?answered`;
}

/** The public id in the path; null where there is none. */
export function publicIdOfPath(pathname: string): string | null {
  return /^\/checkout\/([\w-]+)/.exec(pathname)?.[1] ?? null;
}
