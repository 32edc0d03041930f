import { WebhookVerificationError } from './errors.ts';

/** `Headers` of fetch, the headers of Node.js, or a plain object. Upper and lower case mean the same. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined };

/** What the gateway sends beside the body. */
export interface SentHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

const ID_LENGTH_MAX = 100;

export function readHeaders(headers: WebhookHeaders): SentHeaders {
  const id = readHeader(headers, 'webhook-id');
  const timestamp = readHeader(headers, 'webhook-timestamp');
  const signature = readHeader(headers, 'webhook-signature');
  if (id.length > ID_LENGTH_MAX || id.includes('.')) throw malformed('webhook-id', 'an id without a full stop');
  if (!/^\d{1,12}$/.test(timestamp)) throw malformed('webhook-timestamp', 'a number of whole seconds');
  return { id, timestamp, signature };
}

function malformed(name: string, expected: string): WebhookVerificationError {
  return new WebhookVerificationError('HEADER_MALFORMED', `${name} is not ${expected}. The gateway did not write it.`);
}

function readHeader(headers: WebhookHeaders, name: string): string {
  const value = isObject(headers) ? findHeader(headers, name) : undefined;
  if (value === undefined || value === null || value === '') {
    throw new WebhookVerificationError(
      'HEADER_MISSING',
      `${name} is missing. Pass all headers of the request. If it did not arrive, the request is not from the gateway, or a proxy drops the header.`,
    );
  }
  if (typeof value !== 'string') throw malformed(name, 'one value: it came more than once');
  return value.trim();
}

function findHeader(headers: WebhookHeaders, name: string): unknown {
  if (isFetchHeaders(headers)) return headers.get(name);
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  const value = found?.[1];
  return Array.isArray(value) && value.length === 1 ? value[0] : value;
}

function isFetchHeaders(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
