/** Requests of the page: bounded in time, without cookies, without telling where they come from. */

const DEADLINE_MS = 20_000;

interface Given {
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly form?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts what is given, and asks by GET when nothing is. Rejects when no answer comes in time. */
export async function send(url: string, { json, form, headers }: Given): Promise<Response> {
  const body = json === undefined ? form : JSON.stringify(json);
  return fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { accept: 'application/json', ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(DEADLINE_MS),
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
  });
}

/** The body of a good answer. Rejects for any other. */
export async function readGood(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`The answer has status ${response.status}.`);
  return response.json();
}
