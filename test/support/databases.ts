import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import type { Tx } from '../../src/database/database.ts';
import { tableOf } from '../../src/database/table.ts';
import { type Merchant, Prisma } from '../../src/generated/prisma/client.ts';
import { findServer, prepare } from './template.ts';
import { openWorld, type World } from './world.ts';

const server = await findServer();
const serverUrl = 'url' in server ? server.url : '';
const BACK_ENDS = [
  { name: 'embedded', url: null, lack: null },
  { name: 'on a server', url: serverUrl, lack: 'lack' in server ? server.lack : null },
] as const;

/** The same tests on both kinds of database, in every run; those of the server are skipped, with the reason, where there is none. */
export function describeDatabases(title: string, tests: (world: () => World) => void): void {
  describe.each(BACK_ENDS)(`${title}, $name,`, ({ url, lack }) => {
    let world: World;
    beforeAll(async () => {
      if (lack !== null) return;
      await prepare(url);
      world = await openWorld(url);
    });
    afterAll(() => world?.close());
    beforeEach(({ skip }) => skip(lack !== null, lack ?? ''));
    tests(() => world);
  });
}

const merchants = tableOf<Merchant>('merchants', Prisma.MerchantScalarFieldEnum);

/** One row, for tests of the database itself. */
export function insertMerchant(tx: Tx, row: Merchant): Promise<number> {
  return tx.$executeRaw(merchants.insert(row));
}

export async function countMerchants(tx: Tx): Promise<number> {
  const [row] = await tx.$queryRaw<[{ count: number }]>`SELECT count(*)::integer AS count FROM merchants`;
  return row.count;
}
