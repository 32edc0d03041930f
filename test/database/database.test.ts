import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violatedUnique } from '../../src/database/violation.ts';
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
    await Promise.all(publicIds.map((publicId) => world.database.inTransaction((tx) => tx.merchant.create({ data: merchant(publicId) }))));
    expect(await world.database.client.merchant.count({ where: { publicId: { in: publicIds } } })).toBe(50);
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
