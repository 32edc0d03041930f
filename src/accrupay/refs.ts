import type { Customer } from '../customers/customer.ts';
import type { AccountRecord } from '../merchants/provider-account.ts';
import type { PaymentMethod } from '../payment-methods/payment-method.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { builder } from './builder.ts';
import type { ShownSession } from './shown-session.ts';

/** A customer as seen from one provider account: ours belong to a merchant, the contract's to an account. */
export interface ShownCustomer {
  readonly customer: Customer;
  readonly providerAccountId: string;
}

// Types that point at each other: the refs stand here, what they hold stands in the file of each type.
export const SessionObject = builder.objectRef<ShownSession>('MerchantClientTransactionSession');
export const TransactionObject = builder.objectRef<Transaction>('MerchantTransaction');
export const PaymentMethodObject = builder.objectRef<PaymentMethod>('MerchantCustomerPaymentMethod');
export const CustomerObject = builder.objectRef<ShownCustomer>('MerchantCustomer');
export const AccountObject = builder.objectRef<AccountRecord>('MerchantTransactionProvider');
