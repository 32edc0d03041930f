import { createHash } from 'node:crypto';
import type { NuveiAccount } from '../accounts.ts';

/**
 * The order in which a call's values are joined, without separators, before the secret key and SHA-256 in hex (read in the official
 * SDKs, 2026-11). A value that is absent counts as nothing. Null: the call is not signed.
 */
const ORDERS: Readonly<Record<string, string | null>> = {
  getSessionToken: 'merchantId merchantSiteId clientRequestId timeStamp',
  openOrder: 'merchantId merchantSiteId clientRequestId amount currency timeStamp',
  payment: 'merchantId merchantSiteId clientRequestId amount currency timeStamp',
  settleTransaction: `merchantId merchantSiteId clientRequestId clientUniqueId amount currency relatedTransactionId authCode
    descriptorMerchantName descriptorMerchantPhone comment urlDetails.notificationUrl timeStamp`,
  refundTransaction: `merchantId merchantSiteId clientRequestId clientUniqueId amount currency relatedTransactionId authCode
    comment urlDetails.notificationUrl timeStamp`,
  voidTransaction: `merchantId merchantSiteId clientRequestId clientUniqueId amount currency relatedTransactionId authCode
    comment urlDetails.notificationUrl timeStamp`,
  getUserUPOs: 'merchantId merchantSiteId userTokenId clientRequestId timeStamp',
  deleteUPO: 'merchantId merchantSiteId userTokenId clientRequestId userPaymentOptionId timeStamp',
  getTransactionDetails: 'merchantId merchantSiteId transactionId clientUniqueId timeStamp',
  getPaymentStatus: null,
};

export function isSignedRightly(method: string, body: Readonly<Record<string, unknown>>, account: NuveiAccount): boolean {
  const order = ORDERS[method];
  if (order == null) return true;
  const text = order
    .split(/\s+/)
    .map((name) => valueAt(body, name))
    .join('');
  return body['checksum'] === sha256(text + account.merchantSecretKey);
}

function valueAt(body: Readonly<Record<string, unknown>>, path: string): string {
  const value = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | null | undefined)?.[name], body);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** `advanceResponseChecksum` of a notification: here the secret key comes first. */
export function notificationChecksum(fields: Readonly<Record<string, string>>, account: NuveiAccount): string {
  const names = ['totalAmount', 'currency', 'responseTimeStamp', 'PPP_TransactionID', 'Status', 'productId'];
  return sha256(account.merchantSecretKey + names.map((name) => fields[name] ?? '').join(''));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
