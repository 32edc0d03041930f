import type { AccountRecord } from '../merchants/provider-account.ts';
import type { PaymentMethod } from '../payment-methods/payment-method.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { builder } from './builder.ts';
import type { ShownCustomer } from './shown-customer.ts';
import type { ShownSession } from './shown-session.ts';

// Types that point at each other: the refs stand here, what they hold stands in the file of each type.
export const SessionObject = builder.objectRef<ShownSession>('MerchantClientTransactionSession');
export const TransactionObject = builder.objectRef<Transaction>('MerchantTransaction');
export const PaymentMethodObject = builder.objectRef<PaymentMethod>('MerchantCustomerPaymentMethod');
export const CustomerObject = builder.objectRef<ShownCustomer>('MerchantCustomer');
export const AccountObject = builder.objectRef<AccountRecord>('MerchantTransactionProvider');
