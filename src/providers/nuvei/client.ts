import { parseJson } from '../../kernel/json.ts';
import { findProxyFailure, type OutboundFetch } from '../../kernel/proxy.ts';
import { readUnsent } from '../../kernel/unsent.ts';
import { type Environment, type ProviderAccount, type ProviderCall, ProviderFailure } from '../provider.ts';
import { CHECKSUM_FIELDS, checksumOf, type NuveiFields, type NuveiMethod, presentFields, toTimeStamp } from './checksum.ts';
import { type Intent, toFailure, unreadCategory } from './errors.ts';
import { answerSchema, type NuveiAnswer, type NuveiTransaction, toTransaction } from './wire.ts';

/** Nuvei's hosts (REST 1.0 documentation, read 2026-11). */
const HOSTS: Readonly<Record<Environment, string>> = {
  TEST: 'https://ppp-test.nuvei.com',
  LIVE: 'https://secure.safecharge.com',
};

/** A call of the port, with the way through a proxy where there is one. */
interface NuveiCall extends ProviderCall {
  readonly outboundFetch?: OutboundFetch | null;
}

interface NuveiRequest {
  readonly method: NuveiMethod;
  readonly intent: Intent;
  readonly fields: Parameters<typeof presentFields>[0];
  /** What the time stamp tells. Of an effect it must be the same for each attempt, so that each sends the same bytes. */
  readonly at: Date;
  /** Codes of a refusal that the caller takes as an answer. */
  readonly expectedCodes?: readonly number[];
}

interface NuveiCredentials {
  readonly merchantId: string;
  readonly merchantSiteId: string;
  readonly merchantSecretKey: string;
}

export function credentialsOf({ credentials }: ProviderAccount): NuveiCredentials {
  const { merchantId = '', merchantSiteId = '', merchantSecretKey = '' } = credentials;
  return { merchantId, merchantSiteId, merchantSecretKey };
}

/**
 * Signs and sends one call and reads its answer. Returns what Nuvei accepted, what it refused with an expected code, and what
 * its gateway refused later on (`transactionStatus`, to be read by the caller). Throws ProviderFailure for everything else. It
 * sends once: operations retry, not this.
 */
export async function callNuvei(call: NuveiCall, request: NuveiRequest): Promise<NuveiAnswer> {
  const { method, intent, expectedCodes = [] } = request;
  const { status, text } = await post(call, request);
  if (status === 429) throw new ProviderFailure('RATE_LIMITED', `Nuvei asks to slow down (${method}).`, 'http-429');
  if (status < 200 || status > 299) throw unread(request, `http-${status}`);
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) throw unread(request, 'unreadable');
  const answer = parsed.data;
  if (answer.status.toUpperCase() === 'SUCCESS' || expectedCodes.includes(answer.errCode)) return answer;
  const isOfGateway = answer.errCode === 0 && answer.transactionStatus !== null && answer.transactionId !== null;
  if (isOfGateway) return answer;
  const reason = `${answer.reason ?? ''} ${answer.gwErrorReason ?? ''}`;
  throw toFailure({ method, intent, errCode: answer.errCode, reason });
}

async function post(call: NuveiCall, request: NuveiRequest): Promise<{ status: number; text: string }> {
  const { account, signal } = call;
  if (signal.aborted) throw new ProviderFailure('UNAVAILABLE', 'The call was over before it was sent.', 'deadline');
  const outgoing = buildRequest(account, request);
  try {
    const send = call.outboundFetch ?? fetch;
    const response = await send(outgoing.url, { ...outgoing.init, signal });
    // Errors come with HTTP 200 there, so the body is read whatever the status.
    return { status: response.status, text: await response.text() };
  } catch (thrown) {
    throw brokenOff(request, signal, thrown);
  }
}

/** Throws INVALID_REQUEST for what cannot be written as a request: it has not left, and another attempt would not either. */
function buildRequest(account: ProviderAccount, request: NuveiRequest): { url: string; init: RequestInit } {
  const host = account.baseUrl ?? HOSTS[account.environment];
  try {
    const url = `${host.replace(/\/$/, '')}/ppp/api/v1/${request.method}.do`;
    const init: RequestInit = {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(sign(account, request)),
      redirect: 'manual',
    };
    // Checks address and headers without sending anything.
    void new Request(url, init);
    return { url, init };
  } catch (error) {
    throw notWritten(request, error);
  }
}

function notWritten({ method }: NuveiRequest, error: unknown): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  const message = `${method} could not be written as a request to Nuvei. Check the account’s address and credentials.`;
  const failure = new ProviderFailure('INVALID_REQUEST', message, 'request_not_written');
  failure.cause = error;
  return failure;
}

function sign(account: ProviderAccount, { method, fields, at }: NuveiRequest): NuveiFields {
  const { merchantId, merchantSiteId, merchantSecretKey } = credentialsOf(account);
  const sent = presentFields({ merchantId, merchantSiteId, ...fields });
  if (CHECKSUM_FIELDS[method] === null) return sent;
  const stamped = { ...sent, timeStamp: toTimeStamp(at) };
  return { ...stamped, checksum: checksumOf(CHECKSUM_FIELDS[method], stamped, merchantSecretKey) };
}

function unread({ method, intent }: NuveiRequest, rawCode: string): ProviderFailure {
  return new ProviderFailure(unreadCategory(intent), `Nuvei’s answer to ${method} could not be read.`, rawCode);
}

function brokenOff(request: NuveiRequest, signal: AbortSignal, thrown: unknown): ProviderFailure {
  const { method, intent } = request;
  if (signal.aborted) return new ProviderFailure(unreadCategory(intent), `Nuvei did not answer ${method} in time.`, 'deadline');
  const unsent = readUnsent(thrown);
  if (unsent === 'not-written') return notWritten(request, thrown);
  const ofProxy = findProxyFailure(thrown);
  if (ofProxy !== null) {
    return new ProviderFailure('UNAVAILABLE', `Nuvei could not be reached for ${method}. ${ofProxy.message}`, ofProxy.code);
  }
  const rawCode = codeOf(thrown) ?? 'network';
  if (unsent !== null) return new ProviderFailure('UNAVAILABLE', `Nuvei could not be reached for ${method}.`, rawCode);
  return new ProviderFailure(unreadCategory(intent), `The connection broke before Nuvei answered ${method}.`, rawCode);
}

/** The code of the error behind fetch's own; of several, one for each address that was tried, the first one's. */
function codeOf(thrown: unknown): string | null {
  const cause = thrown instanceof Error ? (thrown.cause as { code?: string; errors?: readonly { code?: string }[] }) : undefined;
  return (cause?.errors?.[0] ?? cause)?.code ?? null;
}

/** By Nuvei's id of a transaction, or by ours: the session's for an attempt, the transaction's for everything else. */
type TransactionKey = { readonly transactionId: string } | { readonly clientUniqueId: string };

/** Null when Nuvei knows no such transaction. It may learn of one a while after the call that made it. */
export async function findTransaction(call: ProviderCall, key: TransactionKey): Promise<NuveiTransaction | null> {
  try {
    const request = { method: 'getTransactionDetails', intent: 'read', fields: { ...key }, at: call.now } as const;
    const transaction = toTransaction(await callNuvei(call, request));
    // Some answers leave out what was asked by.
    return { ...transaction, id: transaction.id ?? ('transactionId' in key ? key.transactionId : null) };
  } catch (thrown) {
    if (thrown instanceof ProviderFailure && thrown.category === 'NOT_FOUND') return null;
    throw thrown;
  }
}
