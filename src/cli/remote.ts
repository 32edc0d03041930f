import { readFile } from 'node:fs/promises';
import { describeProblems, describeUnknown, findUnknownVariables, readConfig } from '../config.ts';
import { SECOND_MS } from '../kernel/clock.ts';
import { isUrl } from '../kernel/url.ts';
import { credentialsPathOf, readCredentials } from './first-run.ts';
import type { Terminal } from './terminal.ts';

/** A gateway as a merchant's backend reaches it, from this machine or another one. */
export interface Remote {
  /** An origin. */
  readonly url: string;
  readonly secretKey: string;
  readonly environment: 'TEST' | 'LIVE';
}

export interface RemoteOptions {
  readonly url?: string;
  readonly keyFile?: string;
}

/** Of a gateway: asking again does not help. The message says why. */
export class Refused extends Error {}

/** Of a gateway that cannot answer just now. */
export class Unanswered extends Error {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The gateway that is meant and the key that opens it: of a file, else of `TOLLGATE_SECRET_KEY`, else of the demo merchant whose gateway
 * has its data on this machine. None stands on the command line, which everybody on the machine can read. Throws Refused.
 */
export async function openRemote(terminal: Terminal, options: RemoteOptions): Promise<Remote> {
  const read = readConfig(terminal.environment);
  if (!read.ok) throw new Refused(describeProblems(read.refusal));
  terminal.complain(describeUnknown(findUnknownVariables(terminal.environment)));
  const config = read.value;
  const given = options.keyFile === undefined ? config.secretKey : await readKeyFile(options.keyFile);
  const demo = await readCredentials(credentialsPathOf(config));
  const secretKey = given ?? demo?.secretKey ?? null;
  if (secretKey === null) throw new Refused('Which key? Set TOLLGATE_SECRET_KEY to a secret key, or name a file by --key-file.');
  const [, side] = /^sk_(test|live)_/.exec(secretKey) ?? [];
  if (side === undefined) throw new Refused('The key is no secret key: those begin with sk_test_ or sk_live_.');
  const url = options.url ?? (given === null ? demo?.url : undefined) ?? config.publicUrl;
  if (!isUrl(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Refused(`${url} is no address such as http://127.0.0.1:4000.`);
  const environment = side === 'test' ? 'TEST' : 'LIVE';
  return { url: new URL(url).origin, secretKey, environment };
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    throw new Refused(`${path} cannot be read.`);
  }
}

const ANSWER_MS = 60 * SECOND_MS;
const PASSING_STATUSES: readonly number[] = [408, 429, 500, 502, 503, 504];
const PASSING_CODES: readonly string[] = ['INTERNAL_SERVER_ERROR', 'TOO_MANY_REQUESTS', 'SHUTTING_DOWN', 'REQUEST_TIMED_OUT'];

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** The data of a query or mutation. Throws Refused, and Unanswered where the same call may succeed later. */
export async function ask<Data>(
  remote: Remote,
  { query, variables = {} }: { query: string; variables?: object },
  signal: AbortSignal,
): Promise<Data> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  const response = await send(remote, {
    accept: 'application/json',
    body: JSON.stringify({ query, variables }),
    signal: limited,
  });
  const text = await response.text().catch((error: unknown) => {
    throw new Unanswered(`The gateway broke off its answer: ${reasonOf(error)}`);
  });
  return dataOf(parse(text), response.status) as Data;
}

export interface Sending {
  readonly accept: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Throws Unanswered where there is no gateway, or one that says to come back. */
export async function send({ url, secretKey }: Remote, { accept, body, signal }: Sending): Promise<Response> {
  const headers = { accept, authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', redirect: 'error', headers, body, signal }).catch(
    (error: unknown) => {
      throw new Unanswered(`The gateway at ${url} cannot be reached: ${reasonOf(error)}`);
    },
  );
  if (!PASSING_STATUSES.includes(response.status)) return response;
  await response.body?.cancel().catch(() => undefined);
  const retryAfterMs = Number(response.headers.get('retry-after') ?? 0) * SECOND_MS || 0;
  throw new Unanswered(`The gateway answered with status ${response.status}.`, retryAfterMs);
}

/** Of a GraphQL answer. Throws what its first error says. */
export function dataOf(answer: unknown, status: number): unknown {
  if (typeof answer !== 'object' || answer === null) {
    throw new Refused(`What answered with status ${status} is no gateway. Check --url.`);
  }
  const { data, errors = [] } = answer as Answer;
  const [error] = errors;
  if (error === undefined) return data;
  const code = error.extensions?.code ?? '';
  if (PASSING_CODES.includes(code)) throw new Unanswered(error.message);
  throw new Refused(`${error.message}${code === '' ? '' : ` (${code})`}`);
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What the network says is in the cause. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}
