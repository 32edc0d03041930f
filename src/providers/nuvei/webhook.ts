import { decodeUtf8 } from '../../kernel/json-text.ts';
import { equalSecret } from '../../kernel/secret.ts';
import type { ProviderAccount, WebhookHint, WebhookRejection, WebhookRequest, WebhookVerdict } from '../provider.ts';
import { notificationChecksumOf } from './checksum.ts';
import { credentialsOf } from './client.ts';

type Fields = Readonly<Record<string, string>>;

/** A notification has about 100 fields (Nuvei's documentation of DMNs, read 2026-11), and a merchant's own besides. */
const FIELDS_MAX = 500;
/** Of all fields together: a few kB in practice. */
const FORM_BYTES_MAX = 65_536;

/**
 * Nuvei's payment notifications (DMN: documentation and official plugins, read 2026-11) come as a GET with a query or as a POST
 * of a form, as the account is set up. The checksum covers neither the transaction's id nor its type, and tells no age, so a
 * notification proves no more than that something happened. Those of subscriptions are signed in another way and count as
 * unsigned.
 */
export function verifyNotification(account: ProviderAccount, request: WebhookRequest): WebhookVerdict {
  const fields = readFields(request);
  if (fields === null) return rejected('malformed');
  const { merchantId, merchantSiteId, merchantSecretKey } = credentialsOf(account);
  const checksum = fields['advanceResponseChecksum'] ?? '';
  if (checksum === '' || merchantSecretKey === '') return rejected('unsigned');
  if (!equalSecret(checksum.toLowerCase(), notificationChecksumOf(fields, merchantSecretKey))) return rejected('wrong-signature');
  if (fields['merchant_id'] !== merchantId || fields['merchant_site_id'] !== merchantSiteId) return rejected('wrong-account');
  return { isVerified: true, hint: toHint(fields) };
}

/**
 * The query of a GET or the form of a POST; of a name that comes twice the last value counts, for the checksum too. Null where
 * it holds more than a notification: it is read before its checksum can be looked at.
 */
function readFields({ method, query, rawBody }: WebhookRequest): Fields | null {
  if (method === 'GET') return Object.keys(query).length > FIELDS_MAX ? null : query;
  if (rawBody.length > FORM_BYTES_MAX) return null;
  const form = decodeUtf8(rawBody);
  if (form === null || hasMoreThan(FIELDS_MAX, form)) return null;
  return Object.fromEntries(new URLSearchParams(form));
}

function hasMoreThan(fieldsMax: number, form: string): boolean {
  let fields = 1;
  for (let at = form.indexOf('&'); at >= 0 && fields <= fieldsMax; at = form.indexOf('&', at + 1)) fields += 1;
  return fields > fieldsMax;
}

function toHint(fields: Fields): WebhookHint {
  const { TransactionID: transactionId = '', PPP_TransactionID: orderId = '', relatedTransactionId = '' } = fields;
  const { transactionType = '', Status: status = fields['status'] ?? '' } = fields;
  const eventId = [transactionId === '' ? orderId : transactionId, status, transactionType].join(':');
  const type = transactionType === '' ? (fields['type'] ?? 'notification') : `${transactionType}.${status}`;
  if (fields['type'] === 'CARD_TOKENIZATION') return { eventId, type: 'CARD_TOKENIZATION', providerCodes: [], disputeCodes: [] };
  const isDispute = transactionType === 'Chargeback' && transactionId !== '';
  const codes = [orderId, isDispute ? '' : transactionId, relatedTransactionId].filter((code) => code !== '');
  return { eventId, type, providerCodes: [...new Set(codes)], disputeCodes: isDispute ? [transactionId] : [] };
}

function rejected(rejection: WebhookRejection): WebhookVerdict {
  return { isVerified: false, rejection };
}
