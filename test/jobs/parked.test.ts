import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/commands.ts';
import type { Runtime } from '../../src/cli/runtime.ts';
import { putBack } from '../../src/jobs/park.ts';
import { insertJob } from '../../src/jobs/store.ts';
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/ids.ts';
import { webhookPathOf } from '../../src/merchants/provider-account.ts';
import { SIGNATURE_HEADER, signNotification } from '../../src/providers/example/webhook.ts';
import { ProviderFailure } from '../../src/providers/provider.ts';
import { type Data, type Gateway, openGateway, PUBLIC_URL, paid, type TestMerchant } from '../support/gateway.ts';

/** More than the attempts that a job gets. */
const ATTEMPTS_LIMIT = 200;
const PROCESS_WEBHOOK = 'process-webhook';
const PARKED = 'tollgate_jobs_parked_total{kind="process-webhook"}';
const ALERTS = 'tollgate_alerts_total{type="job.parked"}';
/** While this is set, the provider does not tell how a session stands. */
let isAway = false;
const looks: string[] = [];
let gateway: Gateway;
let merchant: TestMerchant;

beforeAll(async () => {
  gateway = await openGateway({
    wrapProvider: (provider) => ({
      ...provider,
      async fetchSession(call, session) {
        looks.push(call.account.id);
        if (isAway) throw new ProviderFailure('UNAVAILABLE', 'The provider is away.', 'away');
        return provider.fetchSession(call, session);
      },
    }),
  });
});
afterAll(() => gateway.close());
beforeEach(async () => {
  isAway = false;
  merchant = await gateway.newMerchant();
});

const looksOf = () => looks.filter((accountId) => accountId === merchant.accountId).length;
const jobsOf = () => gateway.database.client.job.findMany({ where: { lane: merchant.accountId } });
const deliveriesOf = () => gateway.database.client.webhookDelivery.findMany({ where: { ...merchant.scope } });
const alertsOf = () => gateway.database.client.event.findMany({ where: { ...merchant.scope, isAlert: true } });
const run = (name: string, input: Data = {}): Promise<Data> =>
  runCommand({ app: gateway.app } as unknown as Runtime, { name, input });
const metric = async (name: string): Promise<number> => {
  const page = await (await gateway.app.fetch(new Request(`${PUBLIC_URL}/metrics`))).text();
  const line = page.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
};

/** The one job of this merchant, of a notification that came while the provider was away. */
async function failingJob(): Promise<Data> {
  await paid(gateway, merchant);
  isAway = true;
  await gateway.pass(MINUTE_MS);
  const jobs = (await jobsOf()).filter(({ kind }) => kind === PROCESS_WEBHOOK);
  expect(jobs.map(({ attempts }) => attempts)).toContain(1);
  await gateway.database.client.job.deleteMany({ where: { lane: merchant.accountId, NOT: { id: jobs[0]?.id ?? '' } } });
  return jobs[0];
}

/** Sends the notification of a delivery once more, signed anew. */
async function redeliver(id: string): Promise<void> {
  const { eventId, type, providerCodes } = await gateway.database.client.webhookDelivery.findUniqueOrThrow({ where: { id } });
  const account = await gateway.app.deps.accounts.get(merchant.scope, merchant.accountId);
  const body = JSON.stringify({ id: eventId, type, codes: providerCodes });
  const signature = signNotification(account.credentials['webhookSecret'] ?? '', body, gateway.clock.now());
  const headers = { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature };
  const url = `${PUBLIC_URL}${webhookPathOf(account)}`;
  expect((await gateway.app.fetch(new Request(url, { method: 'POST', body, headers }))).status).toBe(200);
}

/** Lets the job fail at each instant at which it is due. Returns how long that took. */
async function useUpAttempts(id: string): Promise<number> {
  const startedAt = gateway.clock.now();
  for (let attempt = 0; attempt < ATTEMPTS_LIMIT; attempt += 1) {
    const { runAt } = await gateway.database.client.job.findUniqueOrThrow({ where: { id } });
    if (runAt === null) break;
    await gateway.pass(runAt.getTime() - gateway.clock.now().getTime());
  }
  return gateway.clock.now().getTime() - startedAt.getTime();
}

/** The same without the failures before the last. */
async function useUpLastAttempt(id: string): Promise<void> {
  await gateway.database.client.job.update({ where: { id }, data: { attempts: 82 } });
  await useUpAttempts(id);
}

describe('a job that fails', () => {
  test('is parked after three days, with one alert, and is not attempted any more', async () => {
    const job = await failingJob();
    const [parkedBefore, alertsBefore] = [await metric(PARKED), await metric(ALERTS)];
    const tookMs = await useUpAttempts(job.id);
    expect(tookMs / HOUR_MS).toBeGreaterThan(71);
    expect(tookMs / HOUR_MS).toBeLessThan(73);
    const asked = looksOf();
    await gateway.pass(10 * DAY_MS);
    expect(looksOf()).toBe(asked);
    expect(await jobsOf()).toMatchObject([{ id: job.id, runAt: null, leaseUntil: null, attempts: 83, lastError: 'Error' }]);
    const data = { jobId: job.id, kind: PROCESS_WEBHOOK, failure: 'Error' };
    expect(await alertsOf()).toMatchObject([{ type: 'job.parked', source: 'JOB', data }]);
    expect([await metric(PARKED), await metric(ALERTS)]).toEqual([parkedBefore + 1, alertsBefore + 1]);
    expect(gateway.logLines.filter((line) => line.includes('a job is parked') && line.includes(job.id))).toHaveLength(1);
  });

  test('is done when an operator lets it run again after the cause was mended', async () => {
    const job = await failingJob();
    await useUpLastAttempt(job.id);
    const { value } = await run('jobs list');
    expect(value.filter(({ id }: Data) => id === job.id)).toMatchObject([
      { kind: PROCESS_WEBHOOK, state: 'PARKED', attempts: 83, providerAccountId: merchant.accountId, nextAttemptAt: null },
    ]);
    isAway = false;
    expect(await run('jobs retry', { jobId: job.id })).toEqual({ ok: true, value: { retried: 1 } });
    await gateway.pass(0);
    expect(await jobsOf()).toEqual([]);
    expect((await deliveriesOf()).map(({ verdict }) => verdict)).toContain('PROCESSED');
  });

  test('gets all its attempts again when it is let run before the cause was mended', async () => {
    const job = await failingJob();
    await useUpLastAttempt(job.id);
    expect(await run('jobs retry', { jobId: null })).toMatchObject({ ok: true });
    await gateway.pass(0);
    expect(await jobsOf()).toMatchObject([{ attempts: 1, runAt: expect.any(Date) }]);
    await useUpLastAttempt(job.id);
    expect(await alertsOf()).toMatchObject([{ type: 'job.parked' }, { type: 'job.parked' }]);
  });

  test('runs again when its notification comes again', async () => {
    const job = await failingJob();
    await useUpLastAttempt(job.id);
    isAway = false;
    await redeliver(job.payload.id);
    await gateway.pass(0);
    expect(await jobsOf()).toEqual([]);
    expect((await deliveriesOf()).map(({ verdict }) => verdict)).toContain('PROCESSED');
  });

  test('can be given up, and only once it is parked', async () => {
    const job = await failingJob();
    expect(await run('jobs discard', { jobId: job.id })).toMatchObject({
      ok: false,
      refusal: { message: /not among the parked/ },
    });
    expect(await run('jobs retry', { jobId: job.id })).toMatchObject({ ok: false });
    await useUpLastAttempt(job.id);
    expect(await run('jobs discard', { jobId: job.id })).toEqual({ ok: true, value: { jobId: job.id } });
    expect(await jobsOf()).toEqual([]);
  });

  test('is parked when every attempt ended with its process', async () => {
    const job = await failingJob();
    const { client } = gateway.database;
    const leaseUntil = addMs(gateway.clock.now(), MINUTE_MS);
    await client.job.update({ where: { id: job.id }, data: { attempts: 83, runAt: gateway.clock.now(), leaseUntil } });
    const asked = looksOf();
    await gateway.pass(2 * MINUTE_MS);
    expect(looksOf()).toBe(asked);
    expect(await jobsOf()).toMatchObject([{ runAt: null }]);
    expect(await alertsOf()).toMatchObject([{ type: 'job.parked' }]);
  });

  test('is put back by the process that holds it only, and its alert comes once though a commit is repeated', async () => {
    const { id } = await failingJob();
    const { client } = gateway.database;
    const leaseUntil = addMs(gateway.clock.now(), MINUTE_MS);
    await client.job.update({ where: { id }, data: { attempts: 84, leaseUntil } });
    const claimed = { id, kind: PROCESS_WEBHOOK, payload: {}, lane: merchant.accountId, attempts: 84 };
    await putBack(gateway.app.deps, { ...claimed, attempts: 83 }, 'Error');
    expect(await jobsOf()).toMatchObject([{ runAt: expect.any(Date), leaseUntil }]);
    for (let time = 0; time < 2; time += 1) await putBack(gateway.app.deps, claimed, 'Error');
    expect(await jobsOf()).toMatchObject([{ runAt: null, leaseUntil: null }]);
    expect(await alertsOf()).toHaveLength(1);
  });

  test('that this version does not know is parked too', async () => {
    const [now, { client }] = [gateway.clock.now(), gateway.database];
    const job = { kind: 'of-a-newer-version', key: newId(now), payload: {}, lane: merchant.accountId, runAt: now };
    await insertJob(client, job, now);
    await useUpLastAttempt((await client.job.findUniqueOrThrow({ where: { key: job.key } })).id);
    expect(await alertsOf()).toMatchObject([{ type: 'job.parked', data: { kind: 'of-a-newer-version' } }]);
  });
});
