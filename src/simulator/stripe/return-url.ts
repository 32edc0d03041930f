import { isUrl } from '../../kernel/url.ts';
import type { SimulatorDeps } from '../deps.ts';
import { clientSecretOf, findIntent, statusOf } from './intent-record.ts';

/**
 * Where Stripe sends a browser after a challenge: the return URL of the confirmation, with what a page needs to go on. Null where
 * the payment is none of Stripe's, or came without one.
 */
export async function returnUrlOf(deps: SimulatorDeps, bankCode: string): Promise<string | null> {
  const intent = await findIntent(deps, bankCode);
  const { returnUrl } = intent?.record.data ?? { returnUrl: null };
  if (intent === null || returnUrl === null || !isUrl(returnUrl)) return null;
  const url = new URL(returnUrl);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  const { kind, id } = intent.record;
  url.searchParams.set(kind, id);
  url.searchParams.set(`${kind}_client_secret`, clientSecretOf(deps, intent.record));
  const isGood = ['succeeded', 'requires_capture', 'processing'].includes(statusOf(intent));
  url.searchParams.set('redirect_status', isGood ? 'succeeded' : 'failed');
  return url.href;
}
