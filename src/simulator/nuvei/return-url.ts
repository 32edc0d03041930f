import { isUrl } from '../../kernel/url.ts';
import type { SimulatorDeps } from '../deps.ts';
import { findOrder } from './order-record.ts';

/** Where a browser goes after a challenge: `notificationURL` of the 3-D Secure data that it paid with. Null where it gave none. */
export async function returnUrlOfOrder(deps: SimulatorDeps, bankCode: string): Promise<string | null> {
  const url = (await findOrder(deps, bankCode))?.record.data.returnUrl ?? '';
  return isUrl(url) && /^https?:$/.test(new URL(url).protocol) ? url : null;
}
