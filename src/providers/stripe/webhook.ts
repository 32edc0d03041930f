import Stripe from 'stripe';
import { z } from 'zod';
import { SECOND_MS } from '../../kernel/clock.ts';
import { JSON_LIMITS, type JsonLimits, readJsonBytes } from '../../kernel/json-text.ts';
import type { ProviderAccount, WebhookHint, WebhookRejection, WebhookRequest, WebhookVerdict } from '../provider.ts';
import { ID_PREFIXES } from './ask.ts';

/** The age that Stripe's own libraries allow (stripe 23.1.0, DEFAULT_TOLERANCE, 2026-10), here in both directions. */
const TOLERANCE_MS = 300 * SECOND_MS;

const HEADER = 'stripe-signature';
/** Stripe signs once with each secret of the endpoint, so twice while a secret is rolled over (docs.stripe.com/webhooks, 2026-10). */
const SIGNATURES_MAX = 10;
/** A larger body is not looked at again for what changed it: nothing is known of its sender. Events have a few kB. */
const REWRITTEN_BYTES_MAX = 65_536;
/** Of an event whose signature holds. Stripe's largest are lists inside objects, and have far less. */
const EVENT_LIMITS: JsonLimits = { ...JSON_LIMITS, nodesMax: 50_000, depthMax: 50, entriesMax: 10_000 };
const SIGNED_AT = /(?<=^|,)t=([^,]*)/g;

const id = z.string().min(1).max(255);
const reference = z.union([id, z.object({ id })]).nullish();

/** The fields of any object of Stripe's that name a payment: the object itself, or what it belongs to. */
const eventSchema = z.object({
  id: id.startsWith('evt_'),
  type: id,
  livemode: z.boolean(),
  data: z.object({
    object: z.object({
      id: id.nullish(),
      payment_intent: reference,
      setup_intent: reference,
      charge: reference,
      latest_charge: reference,
    }),
  }),
});
type StripeEvent = z.infer<typeof eventSchema>;

/**
 * Checks the signature over the bytes as they came, against each of the account's secrets, then the age, and reads the body only
 * after both. An event about nothing of ours is verified and names nothing.
 */
export function verifyEvent(account: ProviderAccount, request: WebhookRequest, now: Date): WebhookVerdict {
  const header = request.headers[HEADER];
  const secrets = webhookSecretsOf(account.credentials);
  if (header === undefined || secrets.length === 0) return rejected('unsigned');
  const signedAt = readSignedAt(header);
  const signatures = header.match(/(?<=^|,)v1=/g)?.length ?? 0;
  if (signedAt === null || signatures === 0 || signatures > SIGNATURES_MAX) return rejected('malformed');
  const signature = { header, secrets };
  if (!isSigned(request.rawBody, signature)) {
    return rejected(isRewritten(request.rawBody, signature) ? 'changed-body' : 'wrong-signature');
  }
  if (Math.abs(now.getTime() - signedAt.getTime()) > TOLERANCE_MS) return rejected('stale');
  const read = readJsonBytes(request.rawBody, EVENT_LIMITS);
  const event = eventSchema.safeParse(read.ok ? read.value : undefined);
  if (!event.success) return rejected('malformed');
  if (event.data.livemode !== (account.environment === 'LIVE')) return rejected('wrong-account');
  return { isVerified: true, hint: toHint(event.data) };
}

/** Null unless the header tells one time: the library would sign with the last of several. */
function readSignedAt(header: string): Date | null {
  const [time, ...more] = [...header.matchAll(SIGNED_AT)].map(([, text]) => text ?? '');
  if (time === undefined || more.length > 0 || !/^\d{1,12}$/.test(time)) return null;
  return new Date(Number(time) * SECOND_MS);
}

interface Signature {
  readonly header: string;
  readonly secrets: readonly string[];
}

/** A tolerance of 0 switches the library's own check of the age off, which reads the machine's clock and lets the future pass. */
const NO_AGE_CHECK = 0;

function isSigned(body: Uint8Array | string, { header, secrets }: Signature): boolean {
  // The library wants a Buffer, and reads bytes and text as UTF-8 alike.
  const payload = typeof body === 'string' ? body : Buffer.from(body);
  return secrets.some((secret) => {
    try {
      return Stripe.webhooks.signature?.verifyHeader(payload, header, secret, NO_AGE_CHECK) === true;
    } catch {
      return false;
    }
  });
}

/** Whether the signature fits the same JSON as Stripe writes it, indented, or as most others would: something on the way parses bodies. */
function isRewritten(rawBody: Uint8Array, signature: Signature): boolean {
  if (rawBody.length > REWRITTEN_BYTES_MAX) return false;
  // A stranger's limits: the signature does not hold.
  const read = readJsonBytes(rawBody);
  if (!read.ok) return false;
  return [JSON.stringify(read.value, null, 2), JSON.stringify(read.value)].some((text) => isSigned(text, signature));
}

/** References of these kinds can be ours; a customer's, a product's or a payout's cannot. */
const OUR_PREFIXES: readonly string[] = [
  ...ID_PREFIXES.payment_intent,
  ...ID_PREFIXES.setup_intent,
  ...ID_PREFIXES.charge,
  ...ID_PREFIXES.refund,
];

function toHint({ id: eventId, type, data: { object } }: StripeEvent): WebhookHint {
  const own = object.id ?? '';
  // The payment of a dispute has not changed; the dispute names it when it is asked for.
  if (startsWithOne(own, ID_PREFIXES.dispute)) return { eventId, type, providerCodes: [], disputeCodes: [own] };
  const named = [object.id, object.payment_intent, object.setup_intent, object.charge, object.latest_charge];
  const codes = named.map((field) => (typeof field === 'object' ? field?.id : field) ?? '');
  const providerCodes = [...new Set(codes.filter((code) => startsWithOne(code, OUR_PREFIXES)))];
  return { eventId, type, providerCodes, disputeCodes: [] };
}

function startsWithOne(code: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => code.startsWith(prefix));
}

function rejected(rejection: WebhookRejection): WebhookVerdict {
  return { isVerified: false, rejection };
}

/** Several while the endpoint's secret is rolled over, or where several endpoints lead here; separated by commas or spaces. */
function webhookSecretsOf({ webhookSecret = '' }: ProviderAccount['credentials']): readonly string[] {
  return webhookSecret.split(/[\s,]+/).filter((secret) => secret !== '');
}
