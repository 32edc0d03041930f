import { type AccrupayContext, loadersOf } from './context.ts';

/** The merchant's own code of a customer; null where there is no customer, or one without a code. */
export async function codeOfCustomer(context: AccrupayContext, customerId: string | null): Promise<string | null> {
  if (customerId === null) return null;
  return (await loadersOf(context).customer(customerId))?.merchantInternalCustomerCode ?? null;
}
