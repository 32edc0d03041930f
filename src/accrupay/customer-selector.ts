import { z } from 'zod';
import type { Customer } from '../customers/customer.ts';
import { type CustomerClues, resolveCustomer } from '../customers/resolve.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import { code } from '../endpoint/text-rules.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { ResolutionStrategyEnum } from './enums.ts';

export const CustomerSelectorInput = builder.inputType('MerchantCustomerSelector', {
  fields: (t) => ({
    merchantInternalCustomerCode: t.string({ required: true }),
    id: t.string(),
    providerCode: t.string({ description: 'What the provider calls the customer.' }),
    resolutionStrategy: t.field({ type: ResolutionStrategyEnum }),
  }),
});

export type CustomerSelector = typeof CustomerSelectorInput.$inferInput;

export const selectorSchema = z.looseObject({
  merchantInternalCustomerCode: code,
  id: code.nullish(),
  providerCode: code.nullish(),
});

type Strategy = NonNullable<CustomerSelector['resolutionStrategy']>;

const STRATEGIES: Readonly<Record<Strategy, CustomerClues['strategy']>> = {
  AUTO: 'MATCH_OR_CREATE',
  STRICT: 'IDENTIFIERS_ONLY',
  MATCH_OR_CREATE: 'MATCH_OR_CREATE',
  MATCH_OR_FAIL: 'MATCH',
};

export async function findSelected(context: AccrupayContext, selector: CustomerSelector): Promise<Customer> {
  const scope = requireMerchant(context);
  const clues: CustomerClues = {
    merchantInternalCustomerCode: selector.merchantInternalCustomerCode,
    id: selector.id ?? null,
    providerCode: selector.providerCode ?? null,
    strategy: STRATEGIES[selector.resolutionStrategy ?? 'AUTO'],
  };
  return unwrap(await resolveCustomer(context.deps, scope, clues));
}

/** A start or call may name its customer in the new way, in the old one, in both when they agree, or not at all. */
export interface NamesCustomer {
  customer?: CustomerSelector | null | undefined;
  merchantInternalCustomerCode?: string | null | undefined;
}

export const customerShape = { customer: selectorSchema.nullish(), merchantInternalCustomerCode: code.nullish() };

/**
 * The code of the customer that is named; null where none is. A selector that only gives a code leaves it to the start to create the
 * customer; any other must name one that exists.
 */
export async function codeOfNamed(context: AccrupayContext, named: NamesCustomer): Promise<string | null> {
  const { customer, merchantInternalCustomerCode: plain } = named;
  if (customer == null) return plain ?? null;
  if (plain != null && plain !== customer.merchantInternalCustomerCode) {
    const message = 'data.customer and data.merchantInternalCustomerCode name different customers: leave one of them out.';
    throw refuse('BAD_USER_INPUT', message);
  }
  const isLeftToStart =
    customer.id == null &&
    customer.providerCode == null &&
    STRATEGIES[customer.resolutionStrategy ?? 'AUTO'] === 'MATCH_OR_CREATE';
  if (!isLeftToStart) await findSelected(context, customer);
  return customer.merchantInternalCustomerCode;
}
