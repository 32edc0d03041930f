import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/kernel/ids.ts';
import { startRequest } from './lab.ts';
import {
  accountAt,
  categoryOf,
  effectOf,
  type FakeAnswer,
  type FakeNuvei,
  failureOf,
  NOW,
  openFakeNuvei,
  readOf,
  SECRET,
  SESSION_ID,
  sessionOf,
} from './nuvei-fake.ts';

let fake: FakeNuvei;
beforeAll(async () => {
  fake = await openFakeNuvei();
});
afterAll(() => fake.close());

const settleRequest = () => ({
  transactionId: newId(NOW),
  providerCode: '711',
  session: sessionOf('AUTHORIZATION'),
  money: { amountMinor: 1000n, currency: 'USD' },
});
const settle = (call = effectOf(fake)) => fake.provider.send('SETTLE', call, settleRequest());
const read = (call = readOf(fake)) => fake.provider.fetchSession(call, sessionOf('PAYMENT'));
const startAt = (account = fake.account) =>
  fake.provider.send('START', effectOf({ account }), startRequest({ clock: { now: () => NOW } } as never));

describe('an answer that cannot be read', () => {
  it.each<[string, FakeAnswer]>([
    ['is cut off', 'reset'],
    ['is HTTP 500', { http: 500, text: '<html>' }],
    ['is HTTP 503 with a body', { http: 503, text: '{"status":"SUCCESS"}' }],
    ['is a redirect', { http: 302, text: '' }],
    ['is HTTP 403 of a firewall', { http: 403, text: '<html>' }],
    ['is HTML', { http: 200, text: '<html>maintenance</html>' }],
    ['is empty', { http: 200, text: '' }],
    ['is no object', { http: 200, text: '[]' }],
    ['has no status', { http: 200, text: '{"transactionStatus":"APPROVED"}' }],
    ['has an id that lost digits', { http: 200, text: '{"status":"SUCCESS","transactionId":7110000000001884667}' }],
    ['accepts and tells of no transaction', {}],
  ])('that %s is an unknown outcome of an effect', async (_what, answer) => {
    fake.says('settleTransaction', answer);
    expect(await categoryOf(settle())).toBe('UNKNOWN_OUTCOME');
  });

  it.each<[string, FakeAnswer]>([
    ['is cut off', 'reset'],
    ['is HTTP 500', { http: 500, text: '<html>' }],
    ['is HTML', { http: 200, text: '<html>' }],
    ['tells of trouble', { status: 'ERROR', errCode: 1000, reason: 'General Error' }],
  ])('that %s says of a read that it can be made again', async (_what, answer) => {
    fake.says('getPaymentStatus', answer);
    expect(await categoryOf(read())).toBe('UNAVAILABLE');
  });

  it('to a start is an unknown outcome too', async () => {
    fake.says('openOrder', { sessionToken: 'token' });
    expect(await categoryOf(startAt())).toBe('UNKNOWN_OUTCOME');
  });
});

describe('a call', () => {
  it('to a closed port was certainly not delivered', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    expect(await categoryOf(settle(effectOf({ account: accountAt(`http://127.0.0.1:${port}`) })))).toBe('UNAVAILABLE');
  });

  it('to a name that does not exist was certainly not delivered', async () => {
    expect(await categoryOf(settle(effectOf({ account: accountAt('http://nuvei.invalid') })))).toBe('UNAVAILABLE');
  });

  it('over TLS to something that does not speak it was certainly not delivered', async () => {
    const account = accountAt((fake.account.baseUrl ?? '').replace('http:', 'https:'));
    const failure = await failureOf(settle(effectOf({ account })));
    expect([failure?.category, failure?.rawCode]).toEqual(['UNAVAILABLE', 'ERR_SSL_WRONG_VERSION_NUMBER']);
  });

  it('whose deadline passes before the answer has an unknown outcome', async () => {
    fake.says('settleTransaction', 'hang');
    const deadline = new AbortController();
    const before = fake.requests.length;
    const running = categoryOf(settle({ ...effectOf(fake), signal: deadline.signal }));
    await expect.poll(() => fake.requests.length).toBe(before + 1);
    deadline.abort();
    expect(await running).toBe('UNKNOWN_OUTCOME');
  });

  it('whose deadline has passed is not sent', async () => {
    const before = fake.requests.length;
    expect(await categoryOf(settle({ ...effectOf(fake), signal: AbortSignal.abort() }))).toBe('UNAVAILABLE');
    expect(fake.requests).toHaveLength(before);
  });

  it('that comes too fast is told so and was not executed', async () => {
    fake.says('settleTransaction', { http: 429, text: '' });
    expect(await categoryOf(settle())).toBe('RATE_LIMITED');
  });
});

describe('a refusal of Nuvei', () => {
  it.each([
    [1001, 'PROVIDER_AUTH'],
    [1013, 'PROVIDER_AUTH'],
    [1022, 'PROVIDER_AUTH'],
    [1021, 'PROVIDER_AUTH'],
    [1019, 'INVALID_REQUEST'],
    [1040, 'INVALID_REQUEST'],
    [1023, 'NOT_FOUND'],
    [1055, 'NOT_FOUND'],
    [1058, 'CONFLICT'],
    [1069, 'CONFLICT'],
    [1000, 'UNKNOWN_OUTCOME'],
    [1038, 'UNKNOWN_OUTCOME'],
    [7777, 'UNKNOWN_OUTCOME'],
  ])('with code %i to a call that moves money is %s', async (errCode, category) => {
    fake.says('settleTransaction', { status: 'ERROR', errCode, reason: 'why' });
    const failure = await failureOf(settle());
    expect([failure?.category, failure?.rawCode]).toEqual([category, `${errCode}`]);
  });

  it('with a code that nobody knows is final where no money moves', async () => {
    fake.says('openOrder', { status: 'ERROR', errCode: 7777 });
    expect(await categoryOf(startAt())).toBe('INVALID_REQUEST');
  });

  it.each([
    [0, 'There is another transaction with this clientRequestId.'],
    [1019, 'Another transaction with this clientRequestId already exists'],
  ])('as a duplicate (%i) says nothing of what became of the first', async (errCode, reason) => {
    fake.says('settleTransaction', { status: 'ERROR', errCode, reason });
    const failure = await failureOf(settle());
    expect([failure?.category, failure?.rawCode]).toEqual(['UNKNOWN_OUTCOME', 'duplicate']);
  });

  it('that names a field clientRequestId is not taken for a duplicate', async () => {
    fake.says('settleTransaction', { status: 'ERROR', errCode: 1019, reason: 'clientRequestId is too long' });
    expect(await categoryOf(settle())).toBe('INVALID_REQUEST');
  });

  it('by its gateway is a movement that failed', async () => {
    const gateway = {
      transactionStatus: 'ERROR',
      gwErrorCode: -1100,
      gwExtendedErrorCode: 1183,
      gwErrorReason: 'Invalid Amount',
    };
    fake.says('settleTransaction', { status: 'ERROR', ...gateway, transactionId: '712', transactionType: 'Settle' });
    expect(await settle()).toMatchObject({ providerCode: '712', status: 'failed', failureCode: 'Invalid Amount', decline: null });
    fake.says('settleTransaction', { ...gateway, transactionId: '' });
    const failure = await failureOf(settle());
    expect([failure?.category, failure?.rawCode]).toEqual(['CONFLICT', 'Invalid Amount']);
  });

  it('by its gateway in words about a payer is known by its codes', async () => {
    const gwErrorReason = 'Filter: card 4242424242424242 of Jane Smith jane@example.com is blacklisted';
    const gateway = { transactionStatus: 'ERROR', gwErrorCode: -1100, gwExtendedErrorCode: 1183, gwErrorReason };
    fake.says('settleTransaction', { status: 'ERROR', ...gateway, transactionId: '712', transactionType: 'Settle' });
    expect(await settle()).toMatchObject({ status: 'failed', failureCode: '-1100/1183' });
    fake.says('settleTransaction', { ...gateway, transactionId: '' });
    expect((await failureOf(settle()))?.rawCode).toBe('-1100/1183');
  });
});

describe('a message', () => {
  const SECRETS = [SECRET, '1234567890123456789', 'Jane', 'jane@example.com', SESSION_ID, '9610a8f6'];

  it.each<FakeAnswer>([
    { status: 'ERROR', errCode: 1019, reason: `Invalid email jane@example.com of Jane, ${SECRET}` },
    { status: 'ERROR', errCode: 7777, reason: `token 9610a8f6 of ${SESSION_ID}` },
    { http: 500, text: `${SECRET} jane@example.com` },
    { http: 200, text: 'Jane' },
    'reset',
  ])('of a failure repeats nothing that was sent or told (%#)', async (answer) => {
    fake.says('openOrder', answer);
    fake.says('getPaymentStatus', answer);
    for (const failure of [await failureOf(startAt()), await failureOf(read())]) {
      expect(failure).not.toBeNull();
      for (const secret of SECRETS) expect(`${failure?.message} ${failure?.rawCode}`).not.toContain(secret);
    }
  });
});
