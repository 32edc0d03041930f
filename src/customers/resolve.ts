import { newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Contact } from '../providers/provider.ts';
import type { Customer } from './customer.ts';
import type { Deps } from './deps.ts';
import { findCustomer } from './read.ts';
import { ensureCustomer, findCustomerByProviderCode } from './store.ts';

export interface NewCustomer {
  /** Null for a customer without a code, which is a new one each time. */
  readonly merchantInternalCustomerCode: string | null;
  /** Null when nothing is known yet: the first session tells. */
  readonly contact: Contact | null;
}

/** Records a customer before any session does. A code that exists answers its customer, whose contact is kept where there is one. */
export async function createCustomer(
  deps: Pick<Deps, 'database' | 'clock'>,
  scope: MerchantScope,
  input: NewCustomer,
): Promise<Result<Customer>> {
  const now = deps.clock.now();
  const { merchantInternalCustomerCode: code, contact } = input;
  const id = await ensureCustomer(deps.database.client, scope, { id: newId(now), code, contact, now });
  return findCustomer(deps, scope, { id });
}

/**
 * IDENTIFIERS_ONLY: by id or provider code, one of which must be given. MATCH: by whatever is given. MATCH_OR_CREATE: the same, and a
 * code that nobody has makes a customer.
 */
export type ResolutionStrategy = 'IDENTIFIERS_ONLY' | 'MATCH' | 'MATCH_OR_CREATE';

export interface CustomerClues {
  readonly merchantInternalCustomerCode: string;
  readonly id: string | null;
  /** What a provider calls the customer. */
  readonly providerCode: string | null;
  readonly strategy: ResolutionStrategy;
}

/**
 * The one customer that everything given points at. Refuses with CUSTOMER_NOT_FOUND when the clues name nobody or do not name the
 * same customer.
 */
export async function resolveCustomer(
  deps: Pick<Deps, 'database' | 'clock'>,
  scope: MerchantScope,
  clues: CustomerClues,
): Promise<Result<Customer>> {
  const { merchantInternalCustomerCode, providerCode } = clues;
  const id = clues.id ?? (providerCode === null ? null : await findIdBehind(deps, scope, providerCode));
  if (id === null) {
    if (providerCode !== null || clues.strategy === 'IDENTIFIERS_ONLY') return refused(nobody());
    const found = await findCustomer(deps, scope, { merchantInternalCustomerCode });
    const isNew = !found.ok && clues.strategy === 'MATCH_OR_CREATE';
    return isNew ? createCustomer(deps, scope, { merchantInternalCustomerCode, contact: null }) : found;
  }
  const found = await findCustomer(deps, scope, { id });
  if (!found.ok) return found;
  const isSameCode = found.value.merchantInternalCustomerCode === merchantInternalCustomerCode;
  const isSameCustomer = providerCode === null || (await findIdBehind(deps, scope, providerCode)) === id;
  return isSameCode && isSameCustomer ? found : refused(nobody());
}

/** Where a provider has no name for customers, they are known by our own id. */
async function findIdBehind(deps: Pick<Deps, 'database'>, scope: MerchantScope, providerCode: string): Promise<string | null> {
  const told = await findCustomerByProviderCode(deps.database.client, scope, providerCode);
  if (told !== null) return told;
  const own = await findCustomer(deps, scope, { id: providerCode });
  return own.ok ? own.value.id : null;
}

function nobody() {
  return refusal('CUSTOMER_NOT_FOUND', 'The given codes and ids do not name one and the same customer.');
}
