import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { commit, type Part, when } from '../../src/database/commit.ts';
import type { Tx } from '../../src/database/database.ts';
import { held, type LockedTable, lockRows } from '../../src/database/lock.ts';
import { tableOf } from '../../src/database/table.ts';
import { type Customer, Prisma } from '../../src/generated/prisma/client.ts';
import { describeDatabases } from '../support/databases.ts';

const lock = (tx: Tx, table: LockedTable) => lockRows(tx, table, { columns: Prisma.sql`id`, where: Prisma.sql`TRUE` });

describeDatabases('locks', (world) => {
  test('are taken table by table in one order, and again in a table that has been reached', async () => {
    const { inTransaction } = world().database;
    const tables = ['customers', 'operations', 'sessions', 'transactions', 'transactions', 'payment_methods'] as const;
    await inTransaction(async (tx) => {
      for (const table of tables) expect(await lock(tx, table)).toEqual([]);
    });
  });

  test('are refused in a table before one that was locked', async () => {
    const { inTransaction } = world().database;
    const backwards = inTransaction(async (tx) => {
      await lock(tx, 'transactions');
      await lock(tx, 'sessions');
    });
    await expect(backwards).rejects.toThrow('Rows of sessions must be locked before those of other tables.');
    expect(await inTransaction((tx) => lock(tx, 'sessions'))).toEqual([]);
  });
});

const customers = tableOf<Customer>('customers', Prisma.CustomerScalarFieldEnum, ['contact']);
const isRow = ({ id }: Customer) => customers.is({ id });

describeDatabases('a row that a commit needs', (world) => {
  const insert = async (): Promise<Customer> => {
    const now = world().clock.now();
    const scope = { merchantId: randomUUID(), environment: 'TEST' };
    const row = { ...scope, id: randomUUID(), code: null, contact: null, erasedAt: null, createdAt: now, updatedAt: now };
    await world().database.client.$executeRaw(customers.insert(row));
    return row;
  };
  const rename = (row: Customer, code: string): Part => {
    return (only) => Prisma.sql`UPDATE customers SET ${customers.set({ code })} WHERE ${isRow(row)} AND ${only}`;
  };
  const codeOf = async (row: Customer) => (await world().database.client.customer.findUnique({ where: { id: row.id } }))?.code;

  test('decides whether it writes', async () => {
    const { client } = world().database;
    const [needed, changed] = [await insert(), await insert()];
    const isRed = held('customers', customers.is({ id: needed.id, code: 'red' }));
    expect(await commit(client, when([isRed], rename(changed, 'green')), [rename(needed, 'blue')])).toBe(false);
    expect([await codeOf(needed), await codeOf(changed)]).toEqual([null, null]);
    await commit(client, rename(needed, 'red'));
    expect(await commit(client, when([isRed], rename(changed, 'green')), [rename(needed, 'blue')])).toBe(true);
    expect([await codeOf(needed), await codeOf(changed)]).toEqual(['blue', 'green']);
  });

  test('is locked before the row that is written, and counts as its other writer left it', async ({ skip }) => {
    const { client, inTransaction, isEmbedded } = world().database;
    skip(isEmbedded, 'it has one connection, on which nothing waits');
    const [needed, changed] = [await insert(), await insert()];
    const isNameless = held('customers', customers.is({ id: needed.id, code: null }));
    const waiting = await inTransaction(async (tx) => {
      await lockRows(tx, 'customers', { columns: Prisma.sql`id`, where: isRow(needed) });
      const written = commit(client, when([isNameless], rename(changed, 'green')));
      const isWaiting = Prisma.sql`SELECT count(*)::integer AS count FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%WITH part_0%customers%'`;
      await vi.waitFor(async () => expect(await client.$queryRaw(isWaiting)).toEqual([{ count: 1 }]));
      // Throws where the row is locked.
      expect(await client.$queryRaw`SELECT code FROM customers WHERE ${isRow(changed)} FOR UPDATE NOWAIT`).toEqual([
        { code: null },
      ]);
      await commit(tx, rename(needed, 'red'));
      return { written };
    });
    expect(await waiting.written).toBe(false);
    expect(await codeOf(changed)).toBe(null);
  });
});
