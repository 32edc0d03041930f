import type { Customer } from '../customers/customer.ts';
import type { GatewayEvent } from '../events/event.ts';
import type { Delivery } from '../merchant-webhooks/endpoint.ts';
import type { OperationRecord } from '../operations/read.ts';
import type { PaymentMethod } from '../payment-methods/payment-method.ts';
import type { SessionSummary } from '../sessions/session.ts';
import type { Transaction } from '../transactions/transaction.ts';
import { builder } from './builder.ts';

// Types that point at each other: the refs stand here, what they hold stands in the file of each type.
export const ClientSession = builder.interfaceRef<SessionSummary>('ClientSession');
export const TransactionObject = builder.objectRef<Transaction>('Transaction');
export const PaymentMethodObject = builder.objectRef<PaymentMethod>('PaymentMethod');
export const CustomerObject = builder.objectRef<Customer>('Customer');
export const EventObject = builder.objectRef<GatewayEvent>('Event');
export const DeliveryObject = builder.objectRef<Delivery>('WebhookDelivery');
export const OperationObject = builder.objectRef<OperationRecord>('ProviderOperation');

/** Says in a description why a field is null for those who may not see it. */
export const MERCHANT_ONLY = 'Only a secret key sees it.';
