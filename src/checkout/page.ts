import { webAddressOf } from './address.ts';
import type { Bank } from './banks/bank.ts';
import { chooseBank, loadsScript } from './banks/choose.ts';
import { begin } from './checkout.ts';
import type { PageClock } from './clock.ts';
import { type Conductor, conduct } from './conductor.ts';
import { type Reading, readSession } from './session.ts';
import type { State, Truth } from './state.ts';
import { type Arrival, keepToken, publicIdOfPath } from './trip.ts';

/** The page as one thing: its life, the gateway, the bank and the browser's own news. */
export interface Page extends Conductor {
  /** Whoever takes the card; null until that is known. */
  bank(): Bank | null;
}

/** @param show draws each state; it gets the page too, because the first state is drawn before this returns */
export function openPage(arrival: Arrival, clock: PageClock, show: (state: State, page: Page) => void): void {
  const { token } = arrival;
  const known: { bank: Bank | null; reading: Reading | null } = { bank: null, reading: null };
  const statusOf = async ({ session }: Reading): Promise<Exclude<Truth, 'gone'>['status']> => {
    const { payload } = session;
    if (payload === null) return 'closed-off';
    known.bank ??= await chooseBank({ ...session, payload }, token ?? '');
    return known.bank === null ? 'unserved' : known.bank.status(session);
  };
  const later: { conductor: Conductor | null } = { conductor: null };
  const page: Page = { tell: (event) => later.conductor?.tell(event), bank: () => known.bank };
  later.conductor = conduct(begin(wayOf(arrival)), {
    async look() {
      const reading = await readSession(token ?? '', clock);
      if (reading === 'gone') return reading;
      if (goesToOwnPlace(reading, token ?? '')) return new Promise<never>(() => {});
      known.reading = reading;
      return { ...reading, status: await statusOf(reading) };
    },
    async confirm(card) {
      if (!navigator.onLine) return { result: 'unsent' };
      const { bank, reading } = known;
      if (bank === null || reading === null) return { result: 'conflict' };
      if (bank.takes === 'fields') return bank.confirm(reading.session);
      return card === null ? { result: 'conflict' } : bank.confirm(card);
    },
    leave: (url) => leaveFor(url, token ?? ''),
    pause(forMs, run) {
      const timer = setTimeout(run, forMs);
      return () => clearTimeout(timer);
    },
    show: (state) => show(state, page),
  });
  listen(page, token);
}

function wayOf({ token, isReturn }: Arrival): Parameters<typeof begin>[0] {
  if (token !== null) return isReturn ? 'return' : 'link';
  return isReturn ? 'elsewhere' : 'incomplete';
}

/**
 * The gateway sends the page under the policy of the merchant in the path: which vendors it may load, and who may frame it. Another
 * merchant's path is left, so that nobody frames a payment but those whom its own merchant has named. True when it is being left.
 */
function goesToOwnPlace({ session, shop }: Reading, token: string): boolean {
  const here = publicIdOfPath(location.pathname);
  const needsPolicy = loadsScript(session);
  if (here === shop.publicId || (here === null && !needsPolicy)) return false;
  location.replace(`/checkout/${shop.publicId}#${token}`);
  return true;
}

/** False when the token cannot be kept for the trip. */
function leaveFor(url: string, token: string): boolean {
  const target = webAddressOf(url);
  if (target === null) throw new Error('A challenge leads to a web page only.');
  if (!keepToken(token)) return false;
  location.assign(target);
  return true;
}

/** What the browser tells: network, sight, and a page that it has kept. Another token in the address is another checkout. */
function listen({ tell }: Conductor, token: string | null): void {
  window.addEventListener('online', () => tell({ type: 'went-online' }));
  window.addEventListener('offline', () => tell({ type: 'went-offline' }));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') tell({ type: 'seen' });
  });
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) tell({ type: 'restored' });
  });
  window.addEventListener('hashchange', () => {
    if (location.hash.slice(1) !== (token ?? '')) location.reload();
  });
}
