import { randomBytes } from 'node:crypto';
import { violatedUnique } from '../database/violation.ts';
import { isId, newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { Deps, Merchants } from '../operations/deps.ts';
import { createCache } from './cache.ts';
import { insertMerchant, readMerchant, readMerchants } from './store.ts';

export interface Merchant {
  readonly id: string;
  /** The id that everybody may know. */
  readonly publicId: string;
  /** As payers read it. */
  readonly name: string;
  /** Origins that a returnUrl may begin with, and that may show the checkout in a frame: see `isReturnOrigin`. */
  readonly returnOrigins: readonly string[];
  readonly createdAt: Date;
}

export interface NewMerchant {
  readonly name: string;
  readonly returnOrigins: readonly string[];
  /** A random one when null. */
  readonly publicId: string | null;
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/;
const LOOPBACK_HOST = /^(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export const RETURN_ORIGIN_RULE =
  'must be an origin such as https://shop.example: https (http on this machine only), a whole host name without *, and no path';

/** Origins stand in the policy of the checkout page, where other characters than those of a host name would say more than an origin. */
export function isReturnOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  if (origin !== text || !HOST.test(hostname)) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK_HOST.test(hostname));
}

type MerchantDeps = Pick<Deps, 'database' | 'clock'>;

export const MERCHANTS_LISTED_MAX = 1_000;
const MERCHANT_LIFE_MS = 5_000;

/** Creates a merchant, without keys and accounts. Refuses a public id that is taken, and what is no return origin. */
export async function createMerchant(deps: MerchantDeps, input: NewMerchant): Promise<Result<Merchant>> {
  const wrong = input.returnOrigins.find((origin) => !isReturnOrigin(origin));
  if (wrong !== undefined) return refused(refusal('BAD_USER_INPUT', `The return origin ${wrong} ${RETURN_ORIGIN_RULE}.`));
  const createdAt = deps.clock.now();
  const publicId = input.publicId ?? `mer_${randomBytes(9).toString('hex')}`;
  const merchant: Merchant = { ...input, id: newId(createdAt), publicId, createdAt };
  try {
    await insertMerchant(deps.database.client, merchant);
  } catch (error) {
    if (violatedUnique(error) !== 'merchants_public_id_key') throw error;
    return refused(refusal('BAD_USER_INPUT', `A merchant with the public id ${publicId} exists already. Choose another one.`));
  }
  return ok(merchant);
}

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

/** What operations need of merchants, and the pages that payers see. */
export interface MerchantDirectory extends Merchants {
  find(merchantId: string): Promise<Merchant | null>;
  findByPublicId(publicId: string): Promise<Merchant | null>;
}

/** Changes by another process are seen within five seconds. */
export function createMerchants(deps: MerchantDeps): MerchantDirectory {
  const cache = createCache<Merchant>(deps.clock, MERCHANT_LIFE_MS);
  const find = (merchantId: string) => cache.get(`id ${merchantId}`, () => findMerchant(deps, merchantId));
  return {
    find,
    findByPublicId: (publicId) => cache.get(`public ${publicId}`, () => findMerchantByPublicId(deps, publicId)),
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
