import { isId } from '../kernel/ids.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps } from './deps.ts';
import type { Merchant } from './merchant.ts';
import { readMerchant, readMerchants } from './store.ts';

export const MERCHANTS_LISTED_MAX = 1_000;

export async function findMerchant(deps: Pick<Deps, 'database'>, merchantId: string): Promise<Merchant | null> {
  return readMerchant(deps.database.client, { id: merchantId });
}

/** By the id that everybody may know. */
export async function findMerchantByPublicId(deps: Pick<Deps, 'database'>, publicId: string): Promise<Merchant | null> {
  return readMerchant(deps.database.client, { publicId });
}

/** By id or by public id, for people at a command line. */
export async function findMerchantByName(deps: Pick<Deps, 'database'>, idOrPublicId: string): Promise<Merchant | null> {
  return readMerchant(deps.database.client, isId(idOrPublicId) ? { id: idOrPublicId } : { publicId: idOrPublicId });
}

/** Oldest first, at most MERCHANTS_LISTED_MAX. */
export async function listMerchants(deps: Pick<Deps, 'database'>): Promise<readonly Merchant[]> {
  return readMerchants(deps.database.client, MERCHANTS_LISTED_MAX);
}

/** What other features need of merchants, and the pages that payers see. */
export interface MerchantDirectory {
  find(merchantId: string): Promise<Merchant | null>;
  findByPublicId(publicId: string): Promise<Merchant | null>;
  /** Origins that a start's returnUrl may lead to. */
  returnOrigins(scope: MerchantScope): Promise<readonly string[]>;
  /** The id that everybody may know, for links. */
  publicId(scope: MerchantScope): Promise<string>;
}

export function createMerchantDirectory(deps: Pick<Deps, 'database' | 'caches'>): MerchantDirectory {
  const { merchants } = deps.caches;
  const find = (merchantId: string) => merchants.get(`id ${merchantId}`, () => findMerchant(deps, merchantId));
  return {
    find,
    findByPublicId: (publicId) => merchants.get(`public ${publicId}`, () => findMerchantByPublicId(deps, publicId)),
    async returnOrigins({ merchantId }) {
      return (await find(merchantId))?.returnOrigins ?? [];
    },
    async publicId({ merchantId }) {
      const merchant = await find(merchantId);
      if (merchant === null) throw new Error(`There is no merchant ${merchantId}.`);
      return merchant.publicId;
    },
  };
}
