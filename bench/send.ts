import { pathOf, type Send, type Side } from './operations.ts';

/** Sends single requests outside of the load. Throws for a response that is an error. */
export function createSend(to: { side: Side; port: number; key: string }): Send {
  return async (request) => {
    const own = 'path' in request ? request.headers : { authorization: `Bearer ${to.key}` };
    const headers = { 'content-type': 'application/json', ...own };
    const url = `http://127.0.0.1:${to.port}${pathOf(to.side, request)}`;
    const response = await fetch(url, { method: 'POST', headers, body: request.body });
    const text = await response.text();
    if (!response.ok || text.includes('"errors"'))
      throw new Error(`${pathOf(to.side, request)} failed at the ${to.side}: ${text.slice(0, 1_000)}`);
    return text;
  };
}
