import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Models, Tx } from '../../src/database/database.ts';
import { tableOf } from '../../src/database/table.ts';
import { violatedUnique } from '../../src/database/violation.ts';
import { type Job, type Merchant, Prisma } from '../../src/generated/prisma/client.ts';
import { describeDatabases } from '../support/databases.ts';

const merchants = tableOf<Merchant>('merchants', Prisma.MerchantScalarFieldEnum);
const jobs = tableOf<Job>('jobs', Prisma.JobScalarFieldEnum, ['payload']);

// Both in every run: what the gateway does on a server takes another path through the code.
describeDatabases('a database', (world) => {
  function merchant(publicId: string) {
    const now = world().clock.now();
    return { id: randomUUID(), publicId, name: 'Corner shop', returnOrigins: [], createdAt: now, updatedAt: now };
  }

  const findMerchant = (id: string) => world().database.client.merchant.findUnique({ where: { id } });

  it('keeps instants to the millisecond, whatever the zone of the server', async () => {
    const { id } = await world().database.client.merchant.create({ data: merchant(randomUUID()) });
    const row = await world().database.client.merchant.findUniqueOrThrow({ where: { id } });
    expect(row.createdAt).toEqual(world().clock.now());
  });

  it.each([
    ['2026-01-31 12:00:00+00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31 12:00:00.8+00', '2026-01-31T12:00:00.800Z'],
    ['2026-01-31 12:00:00.83+00', '2026-01-31T12:00:00.830Z'],
    ['2026-01-31 12:00:00.836+00', '2026-01-31T12:00:00.836Z'],
    ['2026-01-31 12:00:00.8360+00', '2026-01-31T12:00:00.836Z'],
    ['2026-01-31 12:00:00.8365+00', '2026-01-31T12:00:00.836Z'],
    ['2026-01-31 12:00:00.83603+00', '2026-01-31T12:00:00.836Z'],
    ['2026-01-31 12:00:00.836039+00', '2026-01-31T12:00:00.836Z'],
    ['2026-01-31 12:00:00.000001+00', '2026-01-31T12:00:00.000Z'],
    ['2026-12-31 23:59:59.999999+00', '2026-12-31T23:59:59.999Z'],
    ['2026-01-31 12:00:00.05+05:30', '2026-01-31T06:30:00.050Z'],
    ['1969-12-31 23:59:59.123456+00', '1969-12-31T23:59:59.123Z'],
  ])('reads the instant %s, in and out of a transaction', async (text, expected) => {
    const read = (tx: Tx) => tx.$queryRaw<{ at: Date }[]>`SELECT ${text}::text::timestamptz AS at`;
    const rows = [...(await read(world().database.client)), ...(await world().database.inTransaction(read))];
    expect(rows.map(({ at }) => at.toISOString())).toEqual([expected, expected]);
  });

  it('undoes everything when a transaction throws', async () => {
    const row = merchant(randomUUID());
    const attempt = world().database.inTransaction(async (tx) => {
      await tx.$executeRaw(merchants.insert(row));
      throw new Error('second thoughts');
    });
    await expect(attempt).rejects.toThrow('second thoughts');
    expect(await findMerchant(row.id)).toBeNull();
  });

  describe('refuses a condition on undefined instead of taking any row,', () => {
    const missing = undefined as unknown as string;
    const ofModels: readonly [what: string, call: (models: Models) => Promise<unknown>][] = [
      ['in a look-up', (models) => models.merchant.findFirst({ where: { id: missing } })],
      ['beside another condition', (models) => models.apiKey.findFirst({ where: { merchantId: randomUUID(), id: missing } })],
      ['in a list of ids', (models) => models.merchant.findMany({ where: { id: { in: [missing] } } })],
      ['below an operator', (models) => models.merchant.findMany({ where: { OR: [{ id: missing }] } })],
      ['as a whole', (models) => models.merchant.count({ where: missing as unknown as object })],
      ['in an update', (models) => models.merchant.updateMany({ where: { id: missing }, data: { name: 'Taken' } })],
      ['as a new value', (models) => models.merchant.updateMany({ where: { id: randomUUID() }, data: { name: missing } })],
      ['in a deletion', (models) => models.merchant.deleteMany({ where: { publicId: missing } })],
      ['as a cursor', (models) => models.merchant.findMany({ where: { id: randomUUID() }, cursor: { id: missing } })],
    ];

    it.each(ofModels)('%s', async (_what, call) => {
      const { client } = world().database;
      const before = await client.merchant.count();
      await expect(call(client)).rejects.toThrow(/undefined/);
      expect(await client.merchant.count()).toBe(before);
    });

    const inSql: readonly [what: string, call: (tx: Tx) => Promise<unknown>][] = [
      ['in a query', (tx) => tx.$queryRaw`SELECT id FROM merchants WHERE id = ${missing}::uuid`],
      ['in a part of a query', (tx) => tx.$queryRaw`SELECT id FROM merchants WHERE ${Prisma.sql`public_id = ${missing}`}`],
      ['in a list of a query', (tx) => tx.$queryRaw`SELECT id FROM merchants WHERE public_id = ANY(${['a', missing]})`],
      ['in a query that is given whole', (tx) => tx.$queryRaw(Prisma.sql`SELECT ${missing}::text AS text`)],
      ['in a statement', (tx) => tx.$executeRaw`DELETE FROM merchants WHERE id = ${missing}::uuid`],
      [
        'beside another of a table',
        (tx) => tx.$queryRaw`SELECT FROM merchants WHERE ${merchants.is({ name: 'x', id: missing })}`,
      ],
      ['in a list of a table', (tx) => tx.$queryRaw`SELECT FROM merchants WHERE ${merchants.is({ id: [missing] })}`],
      ['as a new value of a table', (tx) => tx.$executeRaw`UPDATE merchants SET ${merchants.set({ name: missing })}`],
      ['in a row of a table', (tx) => tx.$executeRaw(merchants.insert({ ...merchant(randomUUID()), name: missing }))],
    ];

    it.each(inSql)('%s, also in a transaction', async (_what, call) => {
      const { client, inTransaction } = world().database;
      const before = await client.merchant.count();
      await expect(call(client)).rejects.toThrow(/undefined/);
      await expect(inTransaction(call)).rejects.toThrow(/undefined/);
      expect(await client.merchant.count()).toBe(before);
    });
  });

  it('serves many transactions at once', async () => {
    const publicIds = Array.from({ length: 50 }, () => randomUUID());
    await Promise.all(
      publicIds.map((publicId) => world().database.inTransaction((tx) => tx.$executeRaw(merchants.insert(merchant(publicId))))),
    );
    expect(await world().database.client.merchant.count({ where: { publicId: { in: publicIds } } })).toBe(50);
  });

  it('lets long reads wait for each other, and nobody else for them', async () => {
    const { client, inTurn, isEmbedded } = world().database;
    let [running, most] = [0, 0];
    const open: (() => void)[] = [];
    const reads = Array.from({ length: 12 }, () =>
      inTurn(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => open.push(resolve));
        running -= 1;
        return client.merchant.count({ where: { publicId: 'nobody' } });
      }),
    );
    await client.$queryRaw`SELECT 1`;
    const atOnce = isEmbedded ? 1 : 3;
    expect([running, open.length]).toEqual([atOnce, atOnce]);
    const timer = setInterval(() => open.shift()?.(), 1);
    expect(await Promise.all(reads)).toEqual(reads.map(() => 0));
    clearInterval(timer);
    expect(most).toBe(atOnce);
    await expect(inTurn(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await inTurn(async () => 'next')).toBe('next');
  });

  it('shows a transaction its own writes, and undoes them together', async () => {
    const row = merchant(randomUUID());
    const attempt = world().database.inTransaction(async (tx) => {
      await tx.$executeRaw(merchants.insert(row));
      await tx.$executeRaw`UPDATE merchants SET name = 'Renamed' WHERE ${merchants.is({ id: row.id })}`;
      throw new Error(await readName(tx, row.id));
    });
    await expect(attempt).rejects.toThrow('Renamed');
    expect(await findMerchant(row.id)).toBeNull();
  });

  async function readName(tx: Tx, id: string): Promise<string> {
    const [row] = await tx.$queryRaw<Merchant[]>`SELECT ${merchants.columns} FROM merchants WHERE ${merchants.is({ id })}`;
    return row?.name ?? 'none';
  }

  it('keeps transactions apart that run at once', async () => {
    const made = Array.from({ length: 30 }, () => merchant(randomUUID()));
    const rename = (row: (typeof made)[number], index: number) =>
      world().database.inTransaction(async (tx) => {
        await tx.$executeRaw(merchants.insert(row));
        await tx.$executeRaw`UPDATE merchants SET name = ${`shop ${index}`} WHERE ${merchants.is({ id: row.id })}`;
        const name = await readName(tx, row.id);
        if (index % 3 === 0) throw new Error(name);
        return name;
      });
    const ends = await Promise.allSettled(made.map(rename));
    expect(ends.map(({ status }) => status)).toEqual(made.map((_row, index) => (index % 3 === 0 ? 'rejected' : 'fulfilled')));
    const kept = await world().database.client.merchant.findMany({ where: { id: { in: made.map(({ id }) => id) } } });
    expect(kept.map(({ name }) => name).sort()).toEqual(
      made
        .map((_row, index) => `shop ${index}`)
        .filter((_name, index) => index % 3 !== 0)
        .sort(),
    );
  });

  it('loses no change where transactions lock one row, beside statements and models that run meanwhile', async () => {
    const { client, inTransaction } = world().database;
    const job = await addJob({ note: 'counted' });
    const increments = Array.from({ length: 25 }, () =>
      inTransaction(async (tx) => {
        const [row] = await tx.$queryRaw<Job[]>`SELECT ${jobs.columns} FROM jobs WHERE ${jobs.is({ id: job.id })} FOR UPDATE`;
        const attempts = (row?.attempts ?? 0) + 1;
        return tx.$executeRaw`UPDATE jobs SET ${jobs.set({ attempts })} WHERE ${jobs.is({ id: job.id })}`;
      }),
    );
    const outside = Array.from({ length: 25 }, () => [
      client.$executeRaw`UPDATE jobs SET last_error = 'none' WHERE ${jobs.is({ id: job.id })}`,
      client.job.updateMany({ where: { id: job.id }, data: { lane: randomUUID() } }),
    ]);
    expect(await Promise.all(increments)).toEqual(increments.map(() => 1));
    await Promise.all(outside.flat());
    expect(await client.job.findUnique({ where: { id: job.id } })).toMatchObject({ attempts: 25, lastError: 'none' });
  });

  async function addJob(payload: object): Promise<Job> {
    const now = world().clock.now();
    const row = { id: randomUUID(), kind: 'test', key: randomUUID(), payload, runAt: now, attempts: 0, createdAt: now };
    const [job] = await world().database.client.$queryRaw<[Job]>`${jobs.insert(row)} RETURNING ${jobs.columns}`;
    return job;
  }

  it('gives up a transaction whose statement failed and whose caller went on', async () => {
    const { inTransaction } = world().database;
    const [before, after, next] = [merchant(randomUUID()), merchant(randomUUID()), merchant(randomUUID())];
    const ends: string[] = [];
    const attempt = inTransaction(async (tx) => {
      await tx.$executeRaw(merchants.insert(before));
      await tx.$executeRaw`SELECT 1 / 0`.catch((error: Error) => ends.push(error.message));
      await tx.$executeRaw(merchants.insert(after)).catch((error: Error) => ends.push(error.message));
      return 'done';
    });
    await expect(attempt).rejects.toThrow('had failed');
    expect(ends).toEqual([expect.stringContaining('division by zero'), expect.stringContaining('transaction is aborted')]);
    await inTransaction((tx) => tx.$executeRaw(merchants.insert(next)));
    expect([await findMerchant(before.id), await findMerchant(after.id), await findMerchant(next.id)]).toEqual([
      null,
      null,
      next,
    ]);
  });

  it('counts the rows that a statement changed, in and out of a transaction', async () => {
    const count = async (tx: Tx): Promise<void> => {
      const [one, two] = [merchant(randomUUID()), merchant(randomUUID())];
      const all = merchants.is({ id: [one.id, two.id] });
      const insert = Prisma.sql`${merchants.insert(one)}, (${two.id}::uuid, ${two.publicId}, 'Two', '{}', ${one.createdAt}, ${one.createdAt})`;
      expect(await tx.$executeRaw`${insert} ON CONFLICT DO NOTHING`).toBe(2);
      expect(await tx.$executeRaw`${insert} ON CONFLICT DO NOTHING`).toBe(0);
      expect(await tx.$executeRaw`${insert} ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name || '!'`).toBe(2);
      expect(await tx.$executeRaw`UPDATE merchants SET name = 'Same' WHERE ${all}`).toBe(2);
      expect(await tx.$executeRaw`UPDATE merchants SET name = 'Same' WHERE ${all} RETURNING id`).toBe(2);
      expect(await tx.$executeRaw`UPDATE merchants SET name = 'Other' WHERE ${all} AND name <> 'Same'`).toBe(0);
      // Of a statement with others in it, only its own rows count.
      const renamed = Prisma.sql`renamed AS (UPDATE merchants SET name = 'New' WHERE ${all} RETURNING id)`;
      const copies = Prisma.sql`INSERT INTO merchants SELECT gen_random_uuid(), gen_random_uuid()::text, ${one.id}, '{}', now(), now()`;
      expect(await tx.$executeRaw`WITH ${renamed} ${copies} FROM renamed CROSS JOIN generate_series(1, 3)`).toBe(6);
      expect(await tx.$executeRaw`WITH ${renamed} DELETE FROM merchants WHERE name = ${one.id}`).toBe(6);
      expect(await tx.$executeRaw`DELETE FROM merchants WHERE ${all}`).toBe(2);
      expect(await tx.$executeRaw`DELETE FROM merchants WHERE ${all}`).toBe(0);
    };
    await count(world().database.client);
    await world().database.inTransaction(count);
  });

  it('names the unique index that a write ran into, whoever wrote', async () => {
    const { client, inTransaction } = world().database;
    const row = merchant(randomUUID());
    await client.merchant.create({ data: row });
    const again = { ...row, id: randomUUID() };
    const byModel = await client.merchant.create({ data: again }).catch(violatedUnique);
    const outside = await client.$executeRaw(merchants.insert(again)).catch(violatedUnique);
    const inside = await inTransaction((tx) => tx.$executeRaw(merchants.insert(again))).catch(violatedUnique);
    expect([byModel, outside, inside]).toEqual(Array(3).fill('merchants_public_id_key'));
    const other = await client.$executeRaw`SELECT 1 / 0`.catch(violatedUnique);
    expect([other, violatedUnique(new Error('23505')), violatedUnique(undefined)]).toEqual([null, null, null]);
  });

  it('refuses a sum that no code may write', async () => {
    const attempt = world().database.client.$executeRaw`
      INSERT INTO bank_movements (id, account_id, payment_id, kind, position, amount, status, created_at)
      VALUES ('m', gen_random_uuid(), 'p', 'REFUND', 1, -1, 'succeeded', now())`;
    await expect(attempt).rejects.toThrow('bank_movements_amount_range');
  });
});
