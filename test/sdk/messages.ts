import { randomBytes, randomUUID, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** When the messages of the tests are sent. */
export const SENT_AT = new Date('2026-11-27T00:00:00.000Z');
export const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

export type Headers = Record<string, string>;

export interface Message {
  readonly body: string;
  readonly headers: Headers;
}

/** A body such as the gateway writes, of the event with this sequence. */
export function bodyOf(type: string, data: Record<string, unknown> = {}): string {
  const session = {
    id: randomUUID(),
    kind: 'PAYMENT',
    status: 'COMPLETED',
    amount: '10000',
    currency: 'USD',
    merchantInternalTransactionCode: 'order-8821 für Zoë',
    customerId: null,
  };
  const facts = {
    eventId: randomUUID(),
    environment: 'TEST',
    isAlert: false,
    sequence: 1,
    previousSequence: null,
    session,
    transaction: null,
    paymentMethodId: null,
    customerId: null,
    ...data,
  };
  return JSON.stringify({ type, timestamp: SENT_AT.toISOString(), data: facts });
}

/** Signed by the npm package `standardwebhooks`, with one signature for each secret. */
export function signed(body: string, secrets: readonly string[], sentAt: Date = SENT_AT): Message {
  const id = JSON.parse(body).data?.eventId ?? randomUUID();
  return {
    body,
    headers: headersOf({ id, sentAt, signatures: secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)) }),
  };
}

/** Signed by Node's own ed25519. */
export function signedPrivately(body: string, privateKey: Parameters<typeof sign>[2], sentAt: Date = SENT_AT): Message {
  const { eventId: id } = JSON.parse(body).data;
  const content = Buffer.from(`${id}.${secondsOf(sentAt)}.${body}`);
  return { body, headers: headersOf({ id, sentAt, signatures: [`v1a,${sign(null, content, privateKey).toString('base64')}`] }) };
}

function headersOf({ id, sentAt, signatures }: { id: string; sentAt: Date; signatures: readonly string[] }): Headers {
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': `${secondsOf(sentAt)}`,
    'webhook-signature': signatures.join(' '),
  };
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
