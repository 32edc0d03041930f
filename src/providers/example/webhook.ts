import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { BankNotification } from '../../bank/notifications.ts';
import { SECOND_MS } from '../../kernel/clock.ts';
import { readJsonBytes } from '../../kernel/json-text.ts';
import { equalSecret } from '../../kernel/secret.ts';
import type { WebhookRejection, WebhookRequest, WebhookVerdict } from '../provider.ts';

/** A notification is believed for this long after it was signed, and this long before, as clocks differ. */
const SIGNATURE_TOLERANCE_MS = 300 * SECOND_MS;

/** Lower case, as `WebhookRequest.headers` has its names. */
export const SIGNATURE_HEADER = 'example-signature';

const SIGNATURE = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;

const notificationSchema = z.object({
  id: z.string().min(1).max(255),
  type: z.string().min(1).max(255),
  codes: z.array(z.string().min(1).max(255)).min(1).max(10),
});

/** The body of one notification: an id, a type and the references that may have changed, and nothing else. */
export function encodeNotification(notification: BankNotification): string {
  const { eventId, type, paymentId, movementId } = notification;
  return JSON.stringify({ id: eventId, type, codes: movementId === null ? [paymentId] : [paymentId, movementId] });
}

/** The value of the signature header: `t=<seconds>,v1=<HMAC-SHA256 of "t.body" in hex>`. */
export function signNotification(secret: string, body: string | Uint8Array, now: Date): string {
  const seconds = Math.floor(now.getTime() / SECOND_MS).toString();
  return `t=${seconds},v1=${macOf(secret, seconds, body)}`;
}

/** Checks the signature over the bytes as they came, then its age, and reads the body only after both. */
export function verifyNotification(secret: string | undefined, request: WebhookRequest, now: Date): WebhookVerdict {
  const header = request.headers[SIGNATURE_HEADER];
  if (header === undefined || secret === undefined || secret === '') return rejected('unsigned');
  const [, seconds, mac] = SIGNATURE.exec(header) ?? [];
  if (seconds === undefined || mac === undefined) return rejected('malformed');
  if (!equalSecret(mac, macOf(secret, seconds, request.rawBody))) return rejected('wrong-signature');
  if (Math.abs(now.getTime() - Number(seconds) * SECOND_MS) > SIGNATURE_TOLERANCE_MS) return rejected('stale');
  const read = readJsonBytes(request.rawBody);
  const body = notificationSchema.safeParse(read.ok ? read.value : undefined);
  if (!body.success) return rejected('malformed');
  const { id, type, codes } = body.data;
  return { isVerified: true, hint: { eventId: id, type, providerCodes: codes, disputeCodes: [] } };
}

function macOf(secret: string, seconds: string, body: string | Uint8Array): string {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
}

function rejected(rejection: WebhookRejection): WebhookVerdict {
  return { isVerified: false, rejection };
}
