import type { Gateway } from './gateways.ts';

/** One attempt at one call. Instants are of `performance.now()`. */
export interface Attempt {
  readonly gateway: string;
  readonly sentAt: number;
  readonly endedAt: number;
  readonly outcome: 'answered' | 'failed' | 'refused';
  /** Why it was not answered. */
  readonly reason: string;
}

export type Response = { readonly data: Fields } | { readonly failure: string } | { readonly refusal: string };
export interface Fields {
  readonly [name: string]: unknown;
}

const RESPONSE_MS_MAX = 12_000;

/** What says "repeat the same call". Every other refusal of a call that is right would be a lie of the gateway. */
const REPEATABLE = [
  'INTERNAL_SERVER_ERROR',
  'OPERATION_IN_PROGRESS',
  'PROVIDER_OUTCOME_UNKNOWN',
  'PROVIDER_UNAVAILABLE',
  'REQUEST_TIMED_OUT',
  'TOO_MANY_REQUESTS',
];
/** The same from the test bank's script. */
const REPEATABLE_AT_BANK = ['attempt_in_progress', 'answer_lost', 'bank_error', 'rate_limited'];

export interface Call {
  readonly path: string;
  readonly key?: string;
  readonly body: object;
}

/** Sends a call once and says what came back. */
export async function send(gateway: Gateway, call: Call): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    ...(call.key === undefined ? {} : { authorization: `Bearer ${call.key}` }),
  };
  const init = { method: 'POST', headers, body: JSON.stringify(call.body), signal: AbortSignal.timeout(RESPONSE_MS_MAX) };
  try {
    const response = await fetch(`${gateway.url}${call.path}`, init);
    return read(response.status, (await response.json()) as Fields);
  } catch (error) {
    const { cause, message } = error as Error;
    return { failure: (cause as NodeJS.ErrnoException | undefined)?.code ?? message };
  }
}

function read(status: number, body: Fields): Response {
  const [error] = (body['errors'] ?? []) as readonly { message: string; extensions: { code: string } }[];
  if (error !== undefined) return judge(error.extensions.code, REPEATABLE);
  if (body['data'] != null) return { data: body['data'] as Fields };
  const { code } = (body['error'] ?? {}) as { code?: string };
  // A payer who repeats a payment that was taken is told so.
  if (code === 'payment_succeeded') return { data: { status: 'succeeded' } };
  if (code !== undefined) return judge(code, REPEATABLE_AT_BANK);
  if (status >= 500) return { failure: `HTTP ${status}` };
  return status === 200 ? { data: body } : { refusal: `HTTP ${status}` };
}

function judge(code: string, repeatable: readonly string[]): Response {
  return repeatable.includes(code) ? { failure: code } : { refusal: code };
}
