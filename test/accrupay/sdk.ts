import { createRequire } from 'node:module';
import type * as Sdk from '@accrupay/node';
import { newCode } from '../support/gateway.ts';

/** The published package as it stands. Required, because Node.js gives the named exports of its main file in this way only. */
export const sdk = createRequire(import.meta.url)('@accrupay/node') as typeof Sdk;

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
