import type { AccountDirectory } from '../merchants/find-account.ts';
import type { MerchantDirectory } from '../merchants/find-merchant.ts';
import type { CheckoutPlace } from './checkout.ts';

interface Directories {
  readonly accounts: AccountDirectory;
  readonly merchants: MerchantDirectory;
}

/** What the browsers of a merchant's payers need; null where no merchant has the public id. */
export async function findCheckoutPlace({ accounts, merchants }: Directories, publicId: string): Promise<CheckoutPlace | null> {
  const merchant = await merchants.findByPublicId(publicId);
  if (merchant === null) return null;
  const reaches = await accounts.reaches(merchant.id);
  return {
    frameAncestors: merchant.returnOrigins,
    vendors: reaches.filter(({ baseUrl }) => baseUrl === null).map(({ provider }) => provider),
    connectTo: reaches.flatMap(({ baseUrl }) => (baseUrl === null ? [] : [new URL(baseUrl).origin])),
  };
}
