import type { TypedDocumentString } from '../../generated/console/graphql.ts';

let shownSignIn = 'none';

/** From now on this page speaks for that sign-in, or for none. */
export function speakFor(signInId: string | null): void {
  shownSignIn = signInId ?? 'none';
}

/** Every request names the sign-in that the page shows: when another takes its place in the browser, nothing is done in its name. */
export function consoleHeaders(): Record<string, string> {
  return { 'content-type': 'application/json', 'x-tollgate-console': shownSignIn };
}

/** Of our own, beside the codes of the API: no answer came, so nobody knows here whether anything was done. */
export const NO_ANSWER = 'NO_ANSWER';

export interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A request that was refused, or that got no answer. The message is for the person at the screen. */
export class ApiError extends Error {
  readonly code: string;
  readonly issues: readonly Issue[];

  constructor(code: string, message: string, issues: readonly Issue[] = []) {
    super(message);
    this.code = code;
    this.issues = issues;
  }
}

export function isLost(error: unknown): boolean {
  return error instanceof ApiError && error.code === NO_ANSWER;
}

/** What is wrong with the first field that is, or else with the whole request. */
export function messageOf(error: Error): string {
  return (error instanceof ApiError ? error.issues[0]?.message : undefined) ?? error.message;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly issues?: readonly Issue[] };
  }[];
}

/** Asks the API, as any dashboard would. Throws an ApiError. */
export async function ask<Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const body = JSON.stringify({ query: document.toString(), variables });
  const answer = await readAnswer<Data>(await send('/graphql', { method: 'POST', headers: consoleHeaders(), body }, signal));
  const error = answer.errors?.[0];
  if (error !== undefined) throw new ApiError(error.extensions?.code ?? 'UNKNOWN', error.message, error.extensions?.issues);
  if (answer.data === undefined || answer.data === null) throw noAnswer();
  return answer.data;
}

/** One request to the gateway that this page came from. Throws an ApiError where no answer comes. */
export async function send(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'same-origin', ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw noAnswer();
  }
}

/** A proxy's page in the place of an answer is no answer. */
async function readAnswer<Data>(response: Response): Promise<Answer<Data>> {
  try {
    return (await response.json()) as Answer<Data>;
  } catch {
    throw noAnswer();
  }
}

/** The first error of a refused request that is not GraphQL. */
export async function refusalOf(response: Response): Promise<ApiError> {
  const { errors } = await readAnswer(response);
  const error = errors?.[0];
  return error === undefined
    ? noAnswer()
    : new ApiError(error.extensions?.code ?? 'UNKNOWN', error.message, error.extensions?.issues);
}

function noAnswer(): ApiError {
  return new ApiError(NO_ANSWER, 'The gateway gave no answer. Check the connection and try again.');
}
