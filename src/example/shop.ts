import type { Deps } from '../deps.ts';
import type { AccountDirectory } from '../merchants/find-account.ts';
import type { MerchantDirectory } from '../merchants/find-merchant.ts';
import { openSession } from '../sessions/open.ts';
import { findSessionByToken } from '../sessions/read.ts';
import type { Shop } from './challenge.ts';

/** The payment behind a session's token, for the page that collects the card. Using the token opens the session. */
export async function findExamplePayment(
  deps: Pick<Deps, 'database' | 'clock' | 'count' | 'vault'>,
  token: string,
): Promise<{ providerAccountId: string; providerCode: string } | null> {
  const session = await findSessionByToken(deps, token);
  if (session === null || session.providerCode === null || session.provider !== 'EXAMPLE') return null;
  await openSession(deps, session);
  return { providerAccountId: session.providerAccountId, providerCode: session.providerCode };
}

/** The shop behind an account of the test bank. */
export async function findExampleShop(
  { accounts, merchants }: { accounts: AccountDirectory; merchants: MerchantDirectory },
  accountId: string,
): Promise<Shop | null> {
  const account = await accounts.findOfProvider('EXAMPLE', accountId);
  const merchant = account === null ? null : await merchants.find(account.merchantId);
  return merchant === null ? null : { publicId: merchant.publicId, frameAncestors: merchant.returnOrigins };
}
