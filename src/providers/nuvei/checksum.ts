import { createHash } from 'node:crypto';

/** A request as it goes to Nuvei. Fields that are absent are left out, never sent as null or as empty text. */
export type NuveiFields = { readonly [name: string]: string | NuveiFields };

const MOVE_FIELDS = [
  'merchantId',
  'merchantSiteId',
  'clientRequestId',
  'clientUniqueId',
  'amount',
  'currency',
  'relatedTransactionId',
  'authCode',
] as const;

const ORDER_FIELDS = ['merchantId', 'merchantSiteId', 'clientRequestId', 'amount', 'currency', 'timeStamp'] as const;

/**
 * What each call signs, in this order, with the merchant's secret key after it (Nuvei REST 1.0: the official npm and PHP SDKs,
 * run and read 2026-11). Null: the call is not signed; its session token stands for it. Unsure of getTransactionDetails, where
 * one table of a third party counts clientRequestId in; Nuvei's own WooCommerce plugin does not, and neither does this.
 */
export const CHECKSUM_FIELDS = {
  getSessionToken: ['merchantId', 'merchantSiteId', 'clientRequestId', 'timeStamp'],
  openOrder: ORDER_FIELDS,
  payment: ORDER_FIELDS,
  settleTransaction: [
    ...MOVE_FIELDS,
    'descriptorMerchantName',
    'descriptorMerchantPhone',
    'comment',
    'urlDetails.notificationUrl',
    'timeStamp',
  ],
  refundTransaction: [...MOVE_FIELDS, 'comment', 'urlDetails.notificationUrl', 'timeStamp'],
  voidTransaction: [...MOVE_FIELDS, 'comment', 'urlDetails.notificationUrl', 'timeStamp'],
  getUserUPOs: ['merchantId', 'merchantSiteId', 'userTokenId', 'clientRequestId', 'timeStamp'],
  deleteUPO: ['merchantId', 'merchantSiteId', 'userTokenId', 'clientRequestId', 'userPaymentOptionId', 'timeStamp'],
  getTransactionDetails: ['merchantId', 'merchantSiteId', 'transactionId', 'clientUniqueId', 'timeStamp'],
  getPaymentStatus: null,
} as const satisfies Record<string, readonly string[] | null>;

export type NuveiMethod = keyof typeof CHECKSUM_FIELDS;

/** SHA-256 in lower-case hex over the values without separators; a field that is not sent counts as nothing. */
export function checksumOf(names: readonly string[], fields: NuveiFields, secretKey: string): string {
  return hashOf([...names.map((name) => valueAt(fields, name)), secretKey]);
}

/**
 * The checksum of a notification (`advanceResponseChecksum`). Unlike a call it has the secret key first. Confirmed by the test
 * vector of Nuvei's SAP plugin (read 2026-11). It covers neither the transaction's id nor its type.
 */
export function notificationChecksumOf(fields: Readonly<Record<string, string>>, secretKey: string): string {
  return hashOf([secretKey, ...NOTIFICATION_FIELDS.map((name) => fields[name] ?? '')]);
}

const NOTIFICATION_FIELDS = ['totalAmount', 'currency', 'responseTimeStamp', 'PPP_TransactionID', 'Status', 'productId'] as const;

function hashOf(values: readonly string[]): string {
  return createHash('sha256').update(values.join('')).digest('hex');
}

function valueAt(fields: NuveiFields, path: string): string {
  const [name = '', inner] = path.split('.');
  const value = fields[name];
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return inner === undefined ? '' : valueAt(value, inner);
}

/** `YYYYMMDDHHmmss` in UTC. Unsure of the zone: examples disagree, and no answer was seen to depend on it. */
export function toTimeStamp(instant: Date): string {
  return instant.toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

/** Leaves out what is absent, so that the same fields are sent and signed. */
export function presentFields(fields: Readonly<Record<string, string | NuveiFields | null | undefined>>): NuveiFields {
  return Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string | NuveiFields] => isPresent(entry[1])),
  );
}

function isPresent(value: string | NuveiFields | null | undefined): boolean {
  if (value === null || value === undefined || value === '') return false;
  return typeof value === 'string' || Object.keys(value).length > 0;
}
