import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { tableOf } from '../../src/database/table.ts';
import { type Merchant, Prisma, type Transaction } from '../../src/generated/prisma/client.ts';
import { describeDatabases } from '../support/databases.ts';

const merchants = tableOf<Merchant>('merchants', Prisma.MerchantScalarFieldEnum);
const transactions = tableOf<Transaction>('transactions', Prisma.TransactionScalarFieldEnum, ['card']);

describeDatabases('a table', (world) => {
  const draft = (): Merchant => {
    const now = world().clock.now();
    return {
      id: randomUUID(),
      publicId: randomUUID(),
      name: 'Corner shop',
      returnOrigins: ['https://a.example'],
      createdAt: now,
      updatedAt: now,
    };
  };

  test('reads the row that it inserted as Prisma’s model does', async () => {
    const { client } = world().database;
    const row = draft();
    expect(await client.$executeRaw(merchants.insert(row))).toBe(1);
    const [read] = await client.$queryRaw<
      Merchant[]
    >`SELECT ${merchants.columns} FROM ${merchants.name} WHERE ${merchants.is({ id: row.id })}`;
    expect(read).toEqual(row);
    expect(await client.merchant.findUnique({ where: { id: row.id } })).toEqual(row);
  });

  test('inserts on a condition', async () => {
    const { client } = world().database;
    const [taken, left] = [draft(), draft()];
    expect(await client.$executeRaw(merchants.insertIf(Prisma.sql`EXISTS (SELECT)`, taken))).toBe(1);
    expect(await client.$executeRaw(merchants.insertIf(Prisma.sql`NOT EXISTS (SELECT)`, left))).toBe(0);
    const where = merchants.is({ id: [taken.id, left.id], name: 'Corner shop' });
    expect(await client.$queryRaw`SELECT ${merchants.pick(['publicId'])} FROM merchants WHERE ${where}`).toEqual([
      { publicId: taken.publicId },
    ]);
  });

  test('sets values, NULL and JSON among them', async () => {
    const { client } = world().database;
    const card = { brand: 'visa', last4: '4242' };
    for (const value of [card, null]) {
      const [row] = await client.$queryRaw<Transaction[]>`
        SELECT ${transactions.pick(['card'])} FROM (SELECT ${value === null ? null : JSON.stringify(value)}::jsonb AS card) AS made`;
      expect(row?.card).toEqual(value);
    }
    const row = draft();
    await client.$executeRaw(merchants.insert(row));
    await client.$executeRaw`UPDATE merchants SET ${merchants.set({ name: 'Book shop', returnOrigins: [] })} WHERE ${merchants.is({ id: row.id })}`;
    expect(await client.merchant.findUnique({ where: { id: row.id } })).toEqual({ ...row, name: 'Book shop', returnOrigins: [] });
  });

  test('throws where a value is undefined, and for a field that it does not have', async () => {
    const { client } = world().database;
    const missing = undefined as unknown as string;
    await expect(client.$queryRaw`SELECT 1 FROM merchants WHERE ${merchants.is({ id: missing })}`).rejects.toThrow('undefined');
    expect(() => merchants.set({ colour: 'red' } as object)).toThrow('no field "colour"');
  });
});
