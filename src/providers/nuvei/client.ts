import { type Environment, type ProviderAccount, type ProviderCall, ProviderFailure } from '../provider.ts';
import { CHECKSUM_FIELDS, checksumOf, type NuveiFields, type NuveiMethod, presentFields, toTimeStamp } from './checksum.ts';
import { type Intent, toFailure, unreadCategory } from './errors.ts';
import { answerSchema, type NuveiAnswer } from './wire.ts';

/** Nuvei's hosts (REST 1.0 documentation, read 2026-11). */
const HOSTS: Readonly<Record<Environment, string>> = {
  TEST: 'https://ppp-test.nuvei.com',
  LIVE: 'https://secure.safecharge.com',
};

export interface NuveiRequest {
  readonly method: NuveiMethod;
  readonly intent: Intent;
  readonly fields: Parameters<typeof presentFields>[0];
  /** What the time stamp tells. Of an effect it must be the same for each attempt, so that each sends the same bytes. */
  readonly at: Date;
  /** Codes of a refusal that the caller takes as an answer. */
  readonly expectedCodes?: readonly number[];
}

export interface NuveiCredentials {
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
export async function callNuvei(call: ProviderCall, request: NuveiRequest): Promise<NuveiAnswer> {
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

async function post(call: ProviderCall, request: NuveiRequest): Promise<{ status: number; text: string }> {
  const { account, signal } = call;
  if (signal.aborted) throw new ProviderFailure('UNAVAILABLE', 'The call was over before it was sent.', 'deadline');
  const host = account.baseUrl ?? HOSTS[account.environment];
  try {
    const response = await fetch(`${host.replace(/\/+$/, '')}/ppp/api/v1/${request.method}.do`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(sign(account, request)),
      redirect: 'manual',
      signal,
    });
    // Errors come with HTTP 200 there, so the body is read whatever the status.
    return { status: response.status, text: await response.text() };
  } catch (thrown) {
    throw brokenOff(request, signal, thrown);
  }
}

function sign(account: ProviderAccount, { method, fields, at }: NuveiRequest): NuveiFields {
  const { merchantId, merchantSiteId, merchantSecretKey } = credentialsOf(account);
  const sent = presentFields({ merchantId, merchantSiteId, ...fields });
  if (CHECKSUM_FIELDS[method] === null) return sent;
  const stamped = { ...sent, timeStamp: toTimeStamp(at) };
  return { ...stamped, checksum: checksumOf(CHECKSUM_FIELDS[method], stamped, merchantSecretKey) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unread({ method, intent }: NuveiRequest, rawCode: string): ProviderFailure {
  return new ProviderFailure(unreadCategory(intent), `Nuvei’s answer to ${method} could not be read.`, rawCode);
}

function brokenOff(request: NuveiRequest, signal: AbortSignal, thrown: unknown): ProviderFailure {
  const { method, intent } = request;
  if (signal.aborted) return new ProviderFailure(unreadCategory(intent), `Nuvei did not answer ${method} in time.`, 'deadline');
  const errors = causesOf(thrown);
  const rawCode = errors[0]?.code ?? 'network';
  if (errors.length > 0 && errors.every(isBeforeSending)) {
    return new ProviderFailure('UNAVAILABLE', `Nuvei could not be reached for ${method}.`, rawCode);
  }
  return new ProviderFailure(unreadCategory(intent), `The connection broke before Nuvei answered ${method}.`, rawCode);
}

interface NetworkError {
  readonly code?: string;
  readonly syscall?: string;
  readonly errors?: readonly NetworkError[];
}

/** The errors behind fetch's own, one for each address that was tried. */
function causesOf(thrown: unknown): readonly NetworkError[] {
  const cause = thrown instanceof Error ? (thrown.cause as NetworkError | undefined) : undefined;
  if (cause === undefined) return [];
  return cause.errors ?? [cause];
}

/** Node's and OpenSSL's words for a connection that did not come about: nothing of ours was sent. */
const BEFORE_SENDING =
  /^(ECONNREFUSED|ENOTFOUND|EAI_.*|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT_.*|ERR_SSL_WRONG_VERSION_NUMBER|CERT_.*|SELF_SIGNED_.*|DEPTH_ZERO_.*|UNABLE_TO_.*)$/;

function isBeforeSending({ code = '', syscall }: NetworkError): boolean {
  return syscall === 'connect' || BEFORE_SENDING.test(code);
}
