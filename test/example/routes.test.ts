import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExampleRoutes } from '../../src/example/routes.ts';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import { type BankWorld, open, openBankWorld } from '../bank/bank-world.ts';

const ORIGIN = 'http://gateway.test';
const CARD = { number: '4242 4242 4242 4242', expMonth: 12, expYear: 2034, cvc: '123' };

let world: BankWorld;
let routes: ReturnType<typeof createExampleRoutes>;
/** Sessions of the gateway by their token. */
const sessions = new Map<string, { providerAccountId: string; providerCode: string }>();

/** Shops by their account at the bank. */
const shops = new Map<string, { publicId: string; frameAncestors: readonly string[] }>();

beforeAll(async () => {
  world = await openBankWorld();
  routes = createExampleRoutes({
    bank: world.bank,
    publicUrl: ORIGIN,
    resolveSession: async (token) => sessions.get(token) ?? null,
    findShop: async (accountId) => shops.get(accountId) ?? null,
  });
});
afterAll(() => world.close());

async function call(path: string, init: RequestInit): Promise<Response> {
  const response = await routes(new Request(`${ORIGIN}${path}`, init));
  if (response === null) throw new Error(`Nothing answers ${path}.`);
  return response;
}

async function post(path: string, body: unknown) {
  const response = await call(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, headers: response.headers };
}

const confirm = (token: string, card: object = CARD) => post('/example/v1/confirm', { token, card });

describe('POST /example/v1/confirm', () => {
  it('pays with the token of the bank or of the gateway', async () => {
    const byBank = await open(world);
    expect(await confirm(byBank.clientToken)).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    const byGateway = await open(world);
    sessions.set('cst_known', { providerAccountId: byGateway.accountId, providerCode: byGateway.paymentId });
    expect(await confirm('cst_known')).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  });

  it.each([
    ['4000000000009995', { status: 'declined', declineCode: 'insufficient_funds' }],
    ['4000000000009979', { status: 'declined', declineCode: 'generic_decline' }],
    ['4100000000000019', { status: 'declined', declineCode: 'generic_decline' }],
    ['4000000000000119', { status: 'declined', declineCode: 'processing_error' }],
    ['4000009900000012', { status: 'processing' }],
    [
      '4000000000003220',
      { status: 'requires_action', challengeUrl: expect.stringMatching(/^http:\/\/gateway\.test\/example\/challenge\/exm_chl_/) },
    ],
  ])('with %s answers %j', async (number, body) => {
    const { clientToken } = await open(world);
    expect(await confirm(clientToken, { ...CARD, number })).toMatchObject({ status: 200, body });
  });

  it.each([
    ['no JSON', '{', 400, 'invalid_request', undefined],
    ['no token', { card: CARD }, 400, 'invalid_request', 'token'],
    ['no card', { token: 'exm_tok_x' }, 400, 'invalid_request', 'card'],
    ['a word as a month', { token: 'exm_tok_x', card: { ...CARD, expMonth: 'May' } }, 400, 'invalid_request', 'card.expMonth'],
    ['an unknown token', { token: 'exm_tok_x', card: CARD }, 404, 'unknown_token', undefined],
    ['an unknown session', { token: 'cst_x', card: CARD }, 404, 'unknown_token', undefined],
    [
      'a number that fails Luhn',
      { token: 'exm_tok_x', card: { ...CARD, number: '4242424242424241' } },
      400,
      'invalid_number',
      'card.number',
    ],
    [
      'a card that is no test card',
      { token: 'exm_tok_x', card: { ...CARD, number: '4111111111111111' } },
      400,
      'unknown_card',
      'card.number',
    ],
    ['a card that is over', { token: 'exm_tok_x', card: { ...CARD, expYear: 20 } }, 400, 'invalid_expiry', 'card.expYear'],
    ['a short security code', { token: 'exm_tok_x', card: { ...CARD, cvc: '1' } }, 400, 'invalid_cvc', 'card.cvc'],
    ['a long body', 'x'.repeat(9000), 413, 'body_too_large', undefined],
  ])('refuses %s', async (_name, body, status, code, field) => {
    const answer = await post('/example/v1/confirm', body);
    expect(answer.status).toBe(status);
    expect(answer.body['error']).toEqual({ code, message: expect.any(String), ...(field === undefined ? {} : { field }) });
    expect(JSON.stringify(answer.body)).not.toMatch(/\d{12}/);
  });

  it('takes an expiry as people type it', async () => {
    const { clientToken } = await open(world);
    expect((await confirm(clientToken, { ...CARD, expMonth: '12', expYear: '34' })).status).toBe(200);
  });

  it('tells a payment that is over from one in progress', async () => {
    const { clientToken } = await open(world);
    await confirm(clientToken, { ...CARD, number: '4000009900000012' });
    expect(await confirm(clientToken)).toMatchObject({ status: 409, body: { error: { code: 'attempt_in_progress' } } });
    const expired = await open(world);
    world.clock.advance(30 * MINUTE_MS);
    expect(await confirm(expired.clientToken)).toMatchObject({ status: 409, body: { error: { code: 'payment_expired' } } });
    expect(await confirm(clientToken)).toMatchObject({ status: 409, body: { error: { code: 'payment_succeeded' } } });
  });

  it.each([
    ['4000009900000038', [504, 409]],
    ['4000009900000046', [504, 200]],
    ['4000009900000053', [500, 200]],
    ['4000009900000061', [429, 429, 200]],
  ])('with %s answers %j one after the other', async (number, statuses) => {
    const { clientToken } = await open(world);
    for (const status of statuses) expect((await confirm(clientToken, { ...CARD, number })).status).toBe(status);
    expect(await post('/example/v1/status', { token: clientToken })).toMatchObject({ status: 200, body: { phase: 'succeeded' } });
  });

  it('may be called from any origin, without cookies', async () => {
    const preflight = await call('/example/v1/confirm', { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect((await confirm('exm_tok_x')).headers.get('access-control-allow-credentials')).toBeNull();
    expect((await call('/example/v1/confirm', { method: 'GET' })).status).toBe(405);
  });
});

describe('POST /example/v1/status', () => {
  it('tells how the payment stands and why the last card was declined', async () => {
    const { clientToken, accountId, paymentId } = await open(world, { attemptsMax: 2 });
    const status = async () => (await post('/example/v1/status', { token: clientToken })).body;
    expect(await status()).toEqual({ phase: 'open' });
    await confirm(clientToken, { ...CARD, number: '4000000000009987' });
    expect(await status()).toEqual({ phase: 'open', declineCode: 'generic_decline' });
    await confirm(clientToken, { ...CARD, number: '4000000000000069' });
    expect(await status()).toEqual({ phase: 'closed', closedAs: 'declined', declineCode: 'expired_card' });
    expect((await world.bank.readPayment(accountId, paymentId)).ok).toBe(true);
  });
});

describe('the challenge', () => {
  async function challenged() {
    const { clientToken, accountId } = await open(world, { amountMinor: 123456n });
    const { body } = await confirm(clientToken, { ...CARD, number: '4000000000003220' });
    const { pathname } = new URL(String(body['challengeUrl']));
    return { clientToken, accountId, path: pathname, id: pathname.split('/').at(-1) ?? '' };
  }

  const submit = (path: string, fields: Record<string, string>) =>
    call(path, { method: 'POST', body: new URLSearchParams(fields) });
  const phase = async (token: string) => (await post('/example/v1/status', { token })).body['phase'];

  it('is a page without script that shows what is approved', async () => {
    const { path } = await challenged();
    const page = await call(path, { method: 'GET' });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const html = await page.text();
    expect(html).toContain('1234.56 USD');
    expect(html).not.toContain('<script');
  });

  it.each([
    ['approve', '/checkout?answered', 'succeeded'],
    ['fail', '/checkout?answered', 'open'],
    ['leave', '/checkout?left', 'requires_action'],
  ])('answered with %s by its form leads back to the checkout', async (result, location, expected) => {
    const { path, id, clientToken } = await challenged();
    const answer = await submit(path, { challenge: id, result });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, location]);
    expect(await phase(clientToken)).toBe(expected);
  });

  it('leads back to the checkout of its shop, and may be framed where that may be', async () => {
    const { path, id, accountId } = await challenged();
    const policy = async () => (await call(path, { method: 'GET' })).headers.get('content-security-policy');
    expect(await policy()).toContain("frame-ancestors 'none'");
    shops.set(accountId, { publicId: 'corner-shop', frameAncestors: ['https://shop.test'] });
    expect(await policy()).toContain('frame-ancestors https://shop.test');
    const answer = await submit(path, { challenge: id, result: 'approve' });
    expect(answer.headers.get('location')).toBe('/checkout/corner-shop?answered');
  });

  it('takes no answer from a form that is not its own', async () => {
    const { path, clientToken } = await challenged();
    expect((await submit(path, { result: 'approve' })).status).toBe(400);
    expect((await submit(path, { challenge: 'exm_chl_other', result: 'approve' })).status).toBe(400);
    expect(await phase(clientToken)).toBe('requires_action');
  });

  it.each([
    ['approve', { status: 'succeeded' }],
    ['fail', { status: 'declined', declineCode: 'authentication_failed' }],
    ['leave', { status: 'requires_action', challengeUrl: expect.any(String) }],
  ])('answered with %s by a script answers %j', async (result, body) => {
    const { id } = await challenged();
    expect(await post(`/example/v1/challenge/${id}`, { result })).toMatchObject({ status: 200, body });
  });

  it('that is unknown, or answered, says so', async () => {
    expect((await post('/example/v1/challenge/exm_chl_none', { result: 'approve' })).status).toBe(404);
    expect((await call('/example/challenge/exm_chl_none', { method: 'GET' })).status).toBe(404);
    const { path, id } = await challenged();
    await submit(path, { challenge: id, result: 'approve' });
    expect((await call(path, { method: 'GET' })).status).toBe(409);
  });
});

describe('other paths', () => {
  it('are left to others', async () => {
    expect(await routes(new Request(`${ORIGIN}/graphql`))).toBeNull();
    expect(await routes(new Request(`${ORIGIN}/example/v2/confirm`, { method: 'POST' }))).toBeNull();
  });
});
