import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { follow } from '../../src/console/api/live.ts';
import { CARDS, confirm, type Gateway, openGateway, start, type TestMerchant, verify } from '../support/gateway.ts';
import { servedAt } from '../support/over-port.ts';

const realFetch = globalThis.fetch;

let gateway: Gateway;
let merchant: TestMerchant;
beforeAll(async () => {
  gateway = await openGateway();
  merchant = await gateway.newMerchant();
});
afterAll(() => gateway.close());
afterEach(() => vi.unstubAllGlobals());

/** What a browser adds to a request of the page; a key stands for the cookie. */
function useGateway(answerFirst?: () => Response): void {
  let answer = answerFirst;
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const first = answer?.();
    answer = undefined;
    const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${merchant.secretKey}` };
    return first ?? realFetch(`${await servedAt(gateway.app.listener)}${path}`, { ...init, headers });
  });
}

function followed(id: string) {
  const leaving = new AbortController();
  const seen = { changes: 0, live: [] as boolean[] };
  const ended = follow(id, {
    onChange: () => (seen.changes += 1),
    setLive: (isLive) => void seen.live.push(isLive),
    signal: leaving.signal,
  });
  return { seen, ended, leave: () => leaving.abort() };
}

describe('the page of a session', () => {
  test('is told of each change while it is shown, and holds no stream afterwards', async () => {
    const session = await start(merchant, 'PAYMENT');
    useGateway();
    const { seen, ended, leave } = followed(session.id);
    await expect.poll(() => seen.changes, { timeout: 5_000 }).toBe(1);
    vi.unstubAllGlobals();
    await confirm(gateway.app, session.token, CARDS.approve);
    await verify(merchant, 'PAYMENT', session.id);
    await expect.poll(() => seen.changes, { timeout: 5_000 }).toBeGreaterThan(1);
    expect(seen.live.at(-1)).toBe(true);
    leave();
    await ended;
    await expect.poll(() => gateway.app.deps.streams.count).toBe(0);
  });

  test('tries again where the stream fails, and knows meanwhile that it must ask', async () => {
    const session = await start(merchant, 'PAYMENT');
    useGateway(() => new Response('away', { status: 503 }));
    const { seen, ended, leave } = followed(session.id);
    await expect.poll(() => seen.live[0], { timeout: 5_000 }).toBe(false);
    await expect.poll(() => seen.live.at(-1), { timeout: 5_000 }).toBe(true);
    leave();
    await ended;
  });

  test('asks no more where the gateway refuses', async () => {
    useGateway();
    const { seen, ended } = followed('0192f000-0000-7000-8000-000000000000');
    await ended;
    expect(seen).toEqual({ changes: 0, live: [true, false] });
  });
});
