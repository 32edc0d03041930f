import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violatedUnique } from '../../src/database/violation.ts';
import { testServerUrl } from '../support/template.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

function merchant(publicId: string) {
  const now = world.clock.now();
  return { id: randomUUID(), publicId, name: 'Corner shop', returnOrigins: [], createdAt: now, updatedAt: now };
}

describe('a database', () => {
  it('keeps instants to the millisecond, whatever the zone of the server', async () => {
    const { id } = await world.database.client.merchant.create({ data: merchant(randomUUID()) });
    const row = await world.database.client.merchant.findUniqueOrThrow({ where: { id } });
    expect(row.createdAt).toEqual(world.clock.now());
  });

  it('undoes everything when a transaction throws', async () => {
    const data = merchant(randomUUID());
    const attempt = world.database.inTransaction(async (tx) => {
      await tx.merchant.create({ data });
      throw new Error('second thoughts');
    });
    await expect(attempt).rejects.toThrow('second thoughts');
    expect(await world.database.client.merchant.findUnique({ where: { id: data.id } })).toBeNull();
  });

  it('serves many transactions at once', async () => {
    const publicIds = Array.from({ length: 50 }, () => randomUUID());
    await Promise.all(
      publicIds.map((publicId) => world.database.inTransaction((tx) => tx.merchant.create({ data: merchant(publicId) }))),
    );
    expect(await world.database.client.merchant.count({ where: { publicId: { in: publicIds } } })).toBe(50);
  });

  it('lets long reads wait for each other, and nobody else for them', async () => {
    const { client, inTurn, isEmbedded } = world.database;
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

  it('undoes statements and models of one transaction together', async () => {
    const data = merchant(randomUUID());
    const attempt = world.database.inTransaction(async (tx) => {
      await tx.merchant.create({ data });
      await tx.$executeRaw`UPDATE merchants SET name = 'Renamed' WHERE id = ${data.id}::uuid`;
      const { name } = await tx.merchant.findUniqueOrThrow({ where: { id: data.id } });
      throw new Error(name);
    });
    await expect(attempt).rejects.toThrow('Renamed');
    expect(await world.database.client.merchant.findUnique({ where: { id: data.id } })).toBeNull();
  });

  it('keeps transactions apart that run at once, whether by statement or by model', async () => {
    const made = Array.from({ length: 30 }, () => merchant(randomUUID()));
    const rename = (data: (typeof made)[number], index: number) =>
      world.database.inTransaction(async (tx) => {
        await tx.merchant.create({ data });
        await tx.$executeRaw`UPDATE merchants SET name = ${`shop ${index}`} WHERE id = ${data.id}::uuid`;
        const row = await tx.merchant.findUniqueOrThrow({ where: { id: data.id } });
        if (index % 3 === 0) throw new Error(row.name);
        return row.name;
      });
    const ends = await Promise.allSettled(made.map(rename));
    expect(ends.map(({ status }) => status)).toEqual(made.map((_data, index) => (index % 3 === 0 ? 'rejected' : 'fulfilled')));
    const kept = await world.database.client.merchant.findMany({ where: { id: { in: made.map(({ id }) => id) } } });
    expect(kept.map(({ name }) => name).sort()).toEqual(
      made
        .map((_data, index) => `shop ${index}`)
        .filter((_name, index) => index % 3 !== 0)
        .sort(),
    );
  });

  it.skipIf(testServerUrl() === null)('refuses to call a transaction done in which a statement failed', async () => {
    const attempt = world.database.inTransaction(async (tx) => {
      await tx.$executeRaw`SELECT 1 / 0`.catch(() => 0);
    });
    await expect(attempt).rejects.toThrow('had failed');
  });

  it('gives statements and models the same values', async () => {
    const instants = ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:05.120Z', '2026-12-31T23:59:59.999Z'].map(
      (text) => new Date(text),
    );
    const [row] = await world.database.client.$queryRaw<
      [{ instants: Date; other: Date; last: Date; large: bigint; facts: object; nothing: null }]
    >`
      SELECT ${instants[0]}::timestamptz(3) AS "instants", ${instants[1]}::timestamptz(3) AS "other", ${instants[2]}::timestamptz(3) AS "last",
        ${2n ** 62n}::bigint AS "large", ${'{"a":1}'}::jsonb AS "facts", ${null}::text AS "nothing"`;
    expect([row.instants, row.other, row.last]).toEqual(instants);
    expect(row).toMatchObject({ large: 2n ** 62n, facts: { a: 1 }, nothing: null });
  });

  it('names the unique index that a write ran into, also from inside a transaction', async () => {
    const data = merchant(randomUUID());
    await world.database.client.merchant.create({ data });
    const again = { ...data, id: randomUUID() };
    const outside = await world.database.client.merchant.create({ data: again }).catch(violatedUnique);
    const inside = await world.database.inTransaction((tx) => tx.merchant.create({ data: again })).catch(violatedUnique);
    expect([outside, inside]).toEqual(['merchants_public_id_key', 'merchants_public_id_key']);
  });

  it('refuses a sum that no code may write', async () => {
    const attempt = world.database.client.$executeRaw`
      INSERT INTO bank_movements (id, account_id, payment_id, kind, position, amount, status, created_at)
      VALUES ('m', gen_random_uuid(), 'p', 'REFUND', 1, -1, 'succeeded', now())`;
    await expect(attempt).rejects.toThrow('bank_movements_amount_range');
  });
});
