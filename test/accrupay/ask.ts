import { type Answer, type Data, type Gateway, PUBLIC_URL, type WireError } from '../support/gateway.ts';
import { overPort } from '../support/over-port.ts';
import { ACCRUPAY } from './sdk.ts';

/** Sends a query of this dialect. */
export async function ask(
  gateway: Pick<Gateway, 'app'>,
  call: { text: string; variables?: object | undefined; secret: string | null },
): Promise<Answer> {
  const secret: Record<string, string> = call.secret === null ? {} : { 'accrupay-api-secret': call.secret };
  const headers = { 'content-type': 'application/json', ...secret };
  const body = JSON.stringify({ query: call.text, variables: call.variables });
  const response = await overPort(gateway.app.listener)(`${PUBLIC_URL}${ACCRUPAY}`, { method: 'POST', headers, body });
  const answer = (await response.json()) as { data?: Data; errors?: readonly WireError[] };
  return { status: response.status, data: answer.data ?? null, errors: answer.errors ?? [] };
}
