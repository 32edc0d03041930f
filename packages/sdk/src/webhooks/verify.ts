import { fromUtf8, toUtf8 } from './bytes.ts';
import { readClock } from './clock.ts';
import { explainMismatch } from './diagnosis.ts';
import { WebhookVerificationError } from './errors.ts';
import type { WebhookEvent } from './event.ts';
import { readHeaders, type WebhookHeaders } from './headers.ts';
import { readKeys } from './keys.ts';
import { isSigned, readSignatures } from './signature.ts';

/** A body as it came: its bytes, or the text that they are in UTF-8. */
export type WebhookBody = string | Uint8Array | ArrayBuffer;

export interface VerifyOptions {
  /** `whsec_…` or `whpk_…` of the endpoint. During a rotation the old one and the new one: one that fits is enough. */
  readonly keys: string | undefined | readonly (string | undefined)[];
  /** How far this clock and the gateway's may be apart, either way: 5 minutes when left out. */
  readonly toleranceMs?: number | undefined;
  /** Replaces the clock of the machine, for tests. */
  readonly now?: (() => Date) | undefined;
}

/** The key or keys of the endpoint, or these with options. Undefined is refused, so a missing environment variable is told. */
export type WebhookKeys = VerifyOptions['keys'] | VerifyOptions;

const TOLERANCE_MS = 300_000;

/**
 * The event that the gateway sent, once its signature and its time are right. Reaches no network.
 *
 * Throws a `WebhookVerificationError`, whose `code` and message say what is wrong. Answer 400 then: the gateway sends again, so
 * no event is lost by a mistake that is put right within three days.
 *
 * @param body as it came, before any parser
 */
export async function verify(body: WebhookBody, headers: WebhookHeaders, keys: WebhookKeys): Promise<WebhookEvent> {
  const options = readOptions(keys);
  const bytes = readBody(body);
  const sent = readHeaders(headers);
  const signed = { sent, signatures: readSignatures(sent.signature), keys: options.keys };
  if (!(await isSigned(signed, bytes))) throw await explainMismatch(signed, bytes);
  checkTime(Number(sent.timestamp) * 1000, options);
  return readEvent(bytes);
}

function readOptions(keys: WebhookKeys) {
  const options = isOptions(keys) ? keys : { keys };
  const list = typeof options.keys === 'object' ? options.keys : [options.keys];
  return { keys: readKeys(list), toleranceMs: options.toleranceMs ?? TOLERANCE_MS, now: options.now ?? readClock };
}

function isOptions(keys: WebhookKeys): keys is VerifyOptions {
  return typeof keys === 'object' && keys !== null && !Array.isArray(keys);
}

function readBody(body: unknown): Uint8Array {
  if (body === '') throw notRaw('empty: something has read the request before');
  if (typeof body === 'string') return toUtf8(body);
  const bytes = toBytes(body);
  if (bytes === null) throw notRaw(describe(body));
  if (bytes.length === 0) throw notRaw('empty: something has read the request before');
  return bytes;
}

function toBytes(body: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  // By its name, so that one of another realm counts too.
  return Object.prototype.toString.call(body) === '[object ArrayBuffer]' ? new Uint8Array(body as ArrayBuffer) : null;
}

function describe(body: unknown): string {
  if (body === undefined || body === null) return 'missing: nothing has read the body of the request';
  if (typeof body !== 'object') return `a ${typeof body}`;
  if ('then' in body) return 'a promise: await it';
  if ('getReader' in body || 'pipe' in body || 'headers' in body) return 'a stream or a request: read its bytes first';
  return 'an object: it was parsed before. Take the raw bytes, such as by express.raw() or request.text()';
}

function notRaw(what: string): WebhookVerificationError {
  return new WebhookVerificationError('BODY_NOT_RAW', `The body is ${what}.`);
}

function checkTime(sentMs: number, { toleranceMs, now }: { toleranceMs: number; now: () => Date }): void {
  const ageMs = now().getTime() - sentMs;
  if (Math.abs(ageMs) <= toleranceMs) return;
  const [code, relation] = ageMs > 0 ? (['TOO_OLD', 'behind'] as const) : (['TOO_NEW', 'ahead of'] as const);
  const cause = ageMs > 0 ? 'it was kept and sent again by somebody, waited in a queue' : 'the gateway’s clock is fast';
  throw new WebhookVerificationError(
    code,
    `The signature is right, but its time is ${inWords(Math.abs(ageMs))} ${relation} this machine’s clock, and ${inWords(toleranceMs)} are allowed. Either ${cause}, or this machine’s clock is wrong.`,
  );
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} seconds` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function readEvent(bytes: Uint8Array): WebhookEvent {
  const event = parse(fromUtf8(bytes));
  if (isEvent(event)) return event;
  throw new WebhookVerificationError('NOT_AN_EVENT', 'The signature is right, but the body is no event of a gateway.');
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return null;
  }
}

/** What every event has. The gateway signed it, so no more than that is checked. */
function isEvent(value: unknown): value is WebhookEvent {
  const { type, timestamp, data } = (value ?? {}) as Record<string, unknown>;
  return typeof type === 'string' && typeof timestamp === 'string' && typeof data === 'object' && data !== null;
}
