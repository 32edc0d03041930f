import type { Deps } from '../deps.ts';
import { refuse } from '../endpoint/errors.ts';
import type { HeaderSource } from '../endpoint/fast-path.ts';
import { createLoaders, type Loaders } from '../endpoint/loaders.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { authenticate } from '../merchants/authenticate.ts';
import { listProviderAccounts } from '../merchants/find-account.ts';
import type { AccountRecord } from '../merchants/provider-account.ts';

export interface AccrupayContext {
  readonly deps: Deps;
  /** The merchant that the secret belongs to, and its loaders; null without a usable secret. */
  readonly merchant: { readonly scope: MerchantScope; readonly loaders: Loaders } | null;
  /** The merchant's provider accounts of both sides, oldest first, read once for each request. */
  accountsOf(merchantId: string): Promise<readonly AccountRecord[]>;
}

const SECRET_HEADER = 'accrupay-api-secret';
/** Far above any key; longer headers are not worth a look-up. */
const SECRET_LENGTH_MAX = 200;

export async function createContext(deps: Deps, headers: HeaderSource): Promise<AccrupayContext> {
  const scope = await identify(deps, headers.get(SECRET_HEADER));
  const accounts = new Map<string, Promise<readonly AccountRecord[]>>();
  return {
    deps,
    merchant: scope && { scope, loaders: createLoaders(deps, scope) },
    accountsOf(merchantId) {
      const known = accounts.get(merchantId) ?? listProviderAccounts(deps, { merchantId });
      accounts.set(merchantId, known);
      return known;
    },
  };
}

async function identify(deps: Deps, secret: string | null): Promise<MerchantScope | null> {
  if (secret === null || secret.length > SECRET_LENGTH_MAX) return null;
  const key = await authenticate(deps, secret.trim());
  return key?.kind === 'SECRET' ? key.scope : null;
}

function requireAccess(context: AccrupayContext) {
  if (context.merchant !== null) return context.merchant;
  const message = `No usable secret came with the request. Send one of Tollgate's secret keys (sk_…) in the header ${SECRET_HEADER}.`;
  throw refuse('UNAUTHENTICATED', message);
}

export function requireMerchant(context: AccrupayContext): MerchantScope {
  return requireAccess(context).scope;
}

/** The loaders of the merchant that asks. */
export function loadersOf(context: AccrupayContext): Loaders {
  return requireAccess(context).loaders;
}

/** The account of something that exists. */
export async function accountNamed(context: AccrupayContext, merchantId: string, id: string): Promise<AccountRecord> {
  const account = (await context.accountsOf(merchantId)).find((candidate) => candidate.id === id);
  if (account === undefined) throw new Error(`Provider account ${id} of merchant ${merchantId} is missing.`);
  return account;
}

/** The merchant's own code of a customer; null where there is no customer, or one without a code. */
export async function codeOfCustomer(context: AccrupayContext, customerId: string | null): Promise<string | null> {
  if (customerId === null) return null;
  return (await loadersOf(context).customer(customerId))?.merchantInternalCustomerCode ?? null;
}
