import type { Customer } from '../customers/customer.ts';

/** A customer as seen from one provider account: ours belong to a merchant, the contract's to an account. */
export interface ShownCustomer {
  readonly customer: Customer;
  readonly providerAccountId: string;
}
