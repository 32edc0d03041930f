import { createRequire } from 'node:module';
import type * as Sdk from '@accrupay/node';
import { afterAll, beforeAll } from 'vitest';
import { newCode } from '../support/gateway.ts';

/** The published package as it stands. Required, because Node.js gives the named exports of its main file in this way only. */
export const sdk = createRequire(import.meta.url)('@accrupay/node') as typeof Sdk;

const toJson: unknown = Reflect.get(BigInt.prototype, 'toJSON');
Reflect.deleteProperty(BigInt.prototype, 'toJSON');

/**
 * For files whose tests call the package: it gives every bigint of its process a toJSON and needs that to send one. Other files run in the
 * same process, and what the gateway does there must not come to lean on it.
 */
export function usePackage(): void {
  beforeAll(() => void Reflect.set(BigInt.prototype, 'toJSON', toJson));
  afterAll(() => void Reflect.deleteProperty(BigInt.prototype, 'toJSON'));
}

export const ACCRUPAY = '/accrupay/graphql';

/** The official SDK, pointed at a gateway. What it reports by its callbacks is kept in `reports`. */
export function openSdk(url: string, apiSecret: string) {
  const reports: string[] = [];
  const accrupay = new sdk.AccruPay({
    apiSecret,
    url: `${url}${ACCRUPAY}`,
    onAuthError: () => void reports.push('auth'),
    onGraphQLError: () => void reports.push('graphql'),
    onNetworkError: () => void reports.push('network'),
  });
  return { accrupay, reports };
}

export type AccruPay = ReturnType<typeof openSdk>['accrupay'];

/** The code of the one error with which a call of the SDK must be rejected. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error === null) return 'answered';
  return (error as { cause?: { extensions?: { code?: string } } }).cause?.extensions?.code ?? `no code: ${String(error)}`;
}

export const BILLING = {
  billingFirstName: 'Jane',
  billingLastName: 'Smith',
  billingEmail: 'jane@example.com',
  billingAddressCountry: sdk.COUNTRY_ISO_2.US,
  billingAddressState: 'NY',
};

/** What a start is sent with; the customer's code is in its older form, which the types of 0.15.1 want. */
export function startData(customerCode = newCode('customer')) {
  return {
    merchantInternalTransactionCode: newCode(),
    merchantInternalCustomerCode: customerCode,
    currency: sdk.CURRENCY.USD,
    billing: BILLING,
  };
}

export function paymentData(customerCode?: string) {
  return { ...startData(customerCode), amount: 10_300n, storePaymentMethod: false };
}
