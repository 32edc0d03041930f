import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/clock.ts';
import { insertStarted, OVERVIEW, readStarted, startedAt } from '../overview/ledger.ts';
import {
  CARDS,
  confirm,
  type Data,
  type Gateway,
  openGateway,
  paid,
  start,
  type TestMerchant,
  verify,
} from '../support/gateway.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await openGateway();
});

afterAll(() => gateway.close());

const at = (text: string) => new Date(`${text}:00.000Z`);

async function readOverview(merchant: TestMerchant, range: Record<string, unknown>): Promise<Data> {
  return (await merchant.data(OVERVIEW, { range })).overview;
}

async function merchantWith(...starts: readonly string[]): Promise<TestMerchant> {
  const merchant = await gateway.newMerchant();
  const sessions = starts.map((text) => startedAt(new Date(text)));
  await insertStarted({ gateway, merchant }, sessions);
  return merchant;
}

/** Once as counted from the sessions, once as rolled up. */
async function twice(look: () => Promise<void>): Promise<void> {
  await look();
  await gateway.pass(11 * MINUTE_MS);
  await look();
}

describe('the overview', () => {
  test('tells of sessions as their payers left them', async () => {
    const merchant = await gateway.newMerchant();
    const from = gateway.clock.now();
    await start(merchant, 'PAYMENT');
    const open = await start(merchant, 'PAYMENT', { amount: '250', currency: 'JPY' });
    await confirm(gateway.app, open.token, CARDS.insufficientFunds);
    await verify(merchant, 'PAYMENT', open.id);
    const adding = await start(merchant, 'ADD_PAYMENT_METHOD');
    gateway.clock.advance(75_000);
    await confirm(gateway.app, adding.token, CARDS.approve);
    await verify(merchant, 'ADD_PAYMENT_METHOD', adding.id);
    await paid(gateway, merchant, { kind: 'AUTHORIZATION', data: { amount: '4000' } });
    const overview = await readOverview(merchant, { from, before: addMs(from, 1), interval: 'HOUR' });
    const start12 = at('2026-11-23T12:00').toISOString();
    expect(overview).toEqual({
      from: start12,
      before: at('2026-11-23T13:00').toISOString(),
      sessions: [
        { start: start12, currency: 'JPY', status: 'ACTIVE', count: 1, amount: '250' },
        { start: start12, currency: 'USD', status: 'COMPLETED', count: 2, amount: '4000' },
        { start: start12, currency: 'USD', status: 'PENDING', count: 1, amount: '10000' },
      ],
      providers: [
        {
          transactionProvider: 'EXAMPLE',
          started: 4,
          completed: 2,
          declined: 0,
          canceled: 0,
          expired: 0,
          failed: 0,
          open: 2,
          successRate: 1,
        },
      ],
      declines: [{ reason: 'INSUFFICIENT_FUNDS', count: 1 }],
      timeToCompletion: expect.objectContaining({ count: 2, medianSeconds: 1, p90Seconds: 84 }),
      open: { pending: 1, active: 1, unknown: 0, stuck: 0 },
    });
  });

  test('counts declines by when they were recorded, the commonest reason first', async () => {
    const merchant = await gateway.newMerchant();
    const from = gateway.clock.now();
    const session = await start(merchant, 'PAYMENT');
    for (const card of [CARDS.decline, CARDS.insufficientFunds, CARDS.insufficientFunds]) {
      await confirm(gateway.app, session.token, card);
      await verify(merchant, 'PAYMENT', session.id);
    }
    const read = async (range: { from: Date; before: Date }) =>
      (await readOverview(merchant, { ...range, interval: 'DAY' })).declines;
    expect(await read({ from, before: addMs(from, HOUR_MS) })).toEqual([
      { reason: 'INSUFFICIENT_FUNDS', count: 2 },
      { reason: 'GENERIC', count: 1 },
    ]);
    expect(await read({ from: addMs(from, 2 * HOUR_MS), before: addMs(from, DAY_MS) })).toEqual([]);
    expect(await read({ from: addMs(from, -DAY_MS), before: addMs(from, -2 * HOUR_MS) })).toEqual([]);
  });

  test('puts a session into the hour in which it was started, to the millisecond', async () => {
    const merchant = await merchantWith(
      '2026-11-20T09:59:59.999Z',
      '2026-11-20T10:00:00.000Z',
      '2026-11-20T10:59:59.999Z',
      '2026-11-20T11:00Z',
    );
    await twice(async () => {
      const range = { from: at('2026-11-20T10:00'), before: at('2026-11-20T11:00') };
      const { sessions } = await readOverview(merchant, { ...range, interval: 'HOUR' });
      expect(sessions).toMatchObject([{ start: '2026-11-20T10:00:00.000Z', count: 2 }]);
      const wider = await readOverview(merchant, {
        from: addMs(range.from, -1),
        before: addMs(range.before, 1),
        interval: 'HOUR',
      });
      expect(wider.sessions.map(({ start, count }: Data) => [start, count])).toEqual([
        ['2026-11-20T09:00:00.000Z', 1],
        ['2026-11-20T10:00:00.000Z', 2],
        ['2026-11-20T11:00:00.000Z', 1],
      ]);
    });
  });

  test.each<[zone: string, starts: readonly string[], days: readonly (readonly [start: string, count: number])[]]>([
    [
      // Clocks go back on the 25th, which has 25 hours.
      'Europe/Berlin',
      ['2026-10-24T21:59:59Z', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', '2026-10-25T23:00:00Z'],
      [
        ['2026-10-23T22:00', 1],
        ['2026-10-24T22:00', 2],
        ['2026-10-25T23:00', 1],
      ],
    ],
    [
      // Clocks go forward on the 8th, which has 23.
      'America/New_York',
      ['2026-03-08T04:59:59Z', '2026-03-08T05:00:00Z', '2026-03-09T03:59:59Z', '2026-03-09T04:00:00Z'],
      [
        ['2026-03-07T05:00', 1],
        ['2026-03-08T05:00', 2],
        ['2026-03-09T04:00', 1],
      ],
    ],
    [
      // Days begin at half past, in the middle of an hour that is rolled up.
      'Asia/Kolkata',
      ['2026-11-10T18:29:59Z', '2026-11-10T18:30:00Z', '2026-11-10T19:00:00Z'],
      [
        ['2026-11-09T18:30', 1],
        ['2026-11-10T18:30', 2],
      ],
    ],
    [
      'Asia/Kathmandu',
      ['2026-11-10T18:14:59Z', '2026-11-10T18:15:00Z', '2026-11-11T18:15:00Z'],
      [
        ['2026-11-09T18:15', 1],
        ['2026-11-10T18:15', 1],
        ['2026-11-11T18:15', 1],
      ],
    ],
    [
      'UTC',
      ['2026-11-10T23:59:59Z', '2026-11-11T00:00:00Z'],
      [
        ['2026-11-10T00:00', 1],
        ['2026-11-11T00:00', 1],
      ],
    ],
  ])('counts by the days of %s', async (timeZone, starts, days) => {
    const merchant = await merchantWith(...starts);
    await twice(async () => {
      const range = { from: addMs(new Date(starts[0] ?? ''), -DAY_MS), before: addMs(new Date(starts.at(-1) ?? ''), DAY_MS) };
      const { sessions } = await readOverview(merchant, { ...range, interval: 'DAY', timeZone });
      expect(sessions.map(({ start, count }: Data) => [start, count])).toEqual(
        days.map(([start, count]) => [at(start).toISOString(), count]),
      );
    });
  });

  test('by day is of the very range that is asked for, in every figure', async () => {
    const merchant = await merchantWith(
      '2026-11-10T18:29:59.999Z',
      '2026-11-10T18:30:00.000Z',
      '2026-11-11T18:29:59.999Z',
      '2026-11-11T18:30:00.000Z',
    );
    await twice(async () => {
      const range = { from: at('2026-11-10T18:30'), before: at('2026-11-11T18:30') };
      const overview = await readOverview(merchant, { ...range, interval: 'DAY', timeZone: 'Asia/Kolkata' });
      expect(overview).toMatchObject({ from: range.from.toISOString(), before: range.before.toISOString() });
      expect(overview.sessions).toMatchObject([{ start: '2026-11-10T18:30:00.000Z', count: 2 }]);
      expect(overview.providers).toMatchObject([{ started: 2 }]);
      const within = { from: addMs(range.from, 1), before: addMs(range.from, 1_000), interval: 'DAY' };
      expect((await readOverview(merchant, within)).providers).toEqual([]);
    });
  });

  test('sums amounts that no bigint of the database holds', async () => {
    const merchant = await gateway.newMerchant();
    const createdAt = at('2026-11-01T00:00');
    const most = 2n ** 63n - 1n;
    await insertStarted(
      { gateway, merchant },
      Array.from({ length: 3 }, () => startedAt(createdAt, { amount: most })),
    );
    await twice(async () => {
      const { sessions } = await readOverview(merchant, { from: createdAt, before: addMs(createdAt, DAY_MS), interval: 'DAY' });
      expect(sessions).toMatchObject([{ count: 3, amount: (3n * most).toString() }]);
    });
  });

  test('is all zero for a merchant without a session, and for every other merchant and side', async () => {
    await merchantWith('2026-11-20T10:00Z');
    const { scope } = await merchantWith('2026-11-20T10:00Z');
    const other = await gateway.newMerchant();
    const live = { gateway, merchant: { ...other, scope: { ...other.scope, environment: 'LIVE' as const } } };
    await insertStarted(live, [startedAt(at('2026-11-20T10:00'))]);
    expect(scope.merchantId).not.toBe(other.scope.merchantId);
    await twice(async () => {
      expect(
        await readOverview(other, { from: at('2026-11-20T00:00'), before: at('2026-11-21T00:00'), interval: 'DAY' }),
      ).toMatchObject({
        sessions: [],
        providers: [],
        declines: [],
        timeToCompletion: { count: 0, medianSeconds: null, p90Seconds: null },
        open: { pending: 0, active: 0, unknown: 0, stuck: 0 },
      });
    });
  });

  test('is refused to publishable keys, session tokens and nobody', async () => {
    const merchant = await gateway.newMerchant();
    const { token } = await start(merchant, 'PAYMENT');
    const range = { from: at('2026-11-20T00:00'), before: at('2026-11-21T00:00'), interval: 'DAY' };
    for (const [credential, code] of [
      [merchant.publishableKey, 'FORBIDDEN'],
      [token, 'FORBIDDEN'],
      [null, 'UNAUTHENTICATED'],
    ] as const) {
      const answer = await merchant.query(OVERVIEW, { range }, credential);
      expect(answer.errors.map((error) => error.extensions.code)).toEqual([code]);
    }
  });
});

describe('a session is stuck', () => {
  const now = () => gateway.clock.now();
  const ago = (minutes: number) => addMs(now(), -minutes * MINUTE_MS);
  const cases = {
    'when its outcome is unknown': () => [true, startedAt(ago(1), { status: 'UNKNOWN' })],
    'when it is open 16 minutes after its expiry': () => [true, startedAt(ago(46), { status: 'ACTIVE' })],
    'when nobody opened it and it is there 16 minutes after its expiry': () => [true, startedAt(ago(46))],
    'not within 15 minutes of its expiry': () => [false, startedAt(ago(44), { status: 'ACTIVE' })],
    'when its start is without an answer for 6 minutes': () => [true, startedAt(ago(6), { phase: 'starting' })],
    'not while its start may still be answered': () => [false, startedAt(ago(4), { phase: 'starting' })],
    'not while a payer takes time': () => [false, startedAt(ago(20), { status: 'ACTIVE', phase: 'authenticating' })],
    'not once it has ended, however long ago': () => [false, startedAt(ago(600), { status: 'EXPIRED', phase: 'closed' })],
  } as const satisfies Record<string, () => readonly [boolean, ReturnType<typeof startedAt>]>;

  test.each(Object.keys(cases) as (keyof typeof cases)[])('%s', async (name) => {
    const merchant = await gateway.newMerchant();
    const [isStuck, session] = cases[name]();
    await insertStarted({ gateway, merchant }, [session]);
    const list =
      'query List($isStuck: Boolean) { clientSessions(filter: { isStuck: $isStuck }) { totalCount edges { node { id } } } }';
    const found = (await merchant.data(list, { isStuck })).clientSessions;
    expect(found).toEqual({ totalCount: 1, edges: [{ node: { id: session.id } }] });
    expect((await merchant.data(list, { isStuck: !isStuck })).clientSessions.totalCount).toBe(0);
    const range = { from: ago(60), before: now(), interval: 'HOUR' };
    expect((await readOverview(merchant, range)).open.stuck).toBe(isStuck ? 1 : 0);
  });

  test('in the overview exactly as often as in the list', async () => {
    const merchant = await gateway.newMerchant();
    await insertStarted(
      { gateway, merchant },
      Object.values(cases).map((make) => make()[1]),
    );
    const { open } = await readOverview(merchant, { from: ago(60), before: now(), interval: 'HOUR' });
    const { clientSessions } = await merchant.data('{ clientSessions(filter: { isStuck: true }) { totalCount } }');
    expect(open).toEqual({ pending: 3, active: 3, unknown: 1, stuck: 4 });
    expect(clientSessions.totalCount).toBe(open.stuck);
    expect(await readStarted({ gateway, merchant })).toHaveLength(8);
  });
});

describe('a range is refused', () => {
  const good = { from: '2026-11-01T00:00:00Z', before: '2026-11-02T00:00:00Z', interval: 'DAY' };

  test.each<[what: string, range: Record<string, unknown>, path: string, about: RegExp]>([
    ['that ends where it begins', { before: good.from }, 'range.before', /later than from/],
    ['that ends before it begins', { before: '2026-10-01T00:00:00Z' }, 'range.before', /later than from/],
    [
      'by hour over 14 days and a second',
      { before: '2026-11-15T00:00:01Z', interval: 'HOUR' },
      'range.before',
      /at most 14 days.*DAY/,
    ],
    ['by day over 401 days', { before: '2027-12-07T00:00:00Z' }, 'range.before', /at most 400 days/],
    [
      'by day over all time',
      { from: '1970-01-01T00:00:00Z', before: '9998-01-01T00:00:00Z' },
      'range.before',
      /at most 400 days/,
    ],
    ['before 1970', { from: '1969-12-31T23:59:59Z', before: '1970-01-02T00:00:00Z' }, 'range.from', /1970/],
    ['after 9998', { from: '9998-12-31T00:00:00Z', before: '9999-01-02T00:00:00Z' }, 'range.before', /9999/],
    ['in a zone that is none', { timeZone: 'Mars/Olympus' }, 'range.timeZone', /IANA/],
    ['in an offset', { timeZone: '+02:00' }, 'range.timeZone', /IANA/],
    ['in an empty zone', { timeZone: '' }, 'range.timeZone', /IANA/],
    ['by week', { interval: 'WEEK' }, 'range.interval', /OverviewInterval/],
    ['without an interval', { interval: undefined }, 'range.interval', /required/],
    ['without an end', { before: null }, 'range.before', /required/],
    ['from a number', { from: 5 }, 'range.from', /ISO 8601/],
  ])('%s', async (_what, wrong, path, about) => {
    const merchant = await gateway.newMerchant();
    const { errors } = await merchant.query(OVERVIEW, { range: { ...good, ...wrong } });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
    expect(errors[0]?.extensions.issues?.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(errors[0]?.extensions.issues?.[0]?.message).toMatch(about);
  });

  test('in the query text as in a variable', async () => {
    const merchant = await gateway.newMerchant();
    const range = `{ from: "${good.from}", before: "2026-11-16T00:00:00Z", interval: HOUR, timeZone: "nowhere" }`;
    const { errors } = await merchant.query(`{ overview(range: ${range}) { from } }`);
    expect(errors[0]?.extensions.issues?.map((issue) => issue.path.join('.')).sort()).toEqual(['range.before', 'range.timeZone']);
  });

  test('unless it is as long as it may be', async () => {
    const merchant = await gateway.newMerchant();
    const hours = await merchant.query(OVERVIEW, { range: { ...good, before: '2026-11-15T00:00:00Z', interval: 'HOUR' } });
    const days = await merchant.query(OVERVIEW, { range: { ...good, before: '2027-12-06T00:00:00Z' } });
    expect([...hours.errors, ...days.errors]).toEqual([]);
  });
});
