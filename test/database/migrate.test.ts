import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { type Child, startChild } from '../support/child.ts';
import { databaseUrl, onServer, testServerUrl } from '../support/template.ts';
import { copyTemplate, openWorld } from '../support/world.ts';

const log = createLogger({ level: 'silent' });

describe('migrations', () => {
  it('are applied once, and a later start finds nothing to do', async () => {
    const world = await openWorld();
    const [row] = await world.database.client.$queryRaw<{ count: bigint }[]>`SELECT count(*) FROM _prisma_migrations`;
    expect(row?.count).toBeGreaterThan(0n);
    expect(world.logLines.filter((line) => line.includes('migrated'))).toEqual([]);
    await world.close();
  });

  it('refuse a database that was migrated with another text of the same migration', async () => {
    const place = await copyTemplate();
    const options = { ...place, poolSize: 1, log, durability: 'relaxed' } as const;
    const database = await openDatabase(options);
    await database.client.$executeRaw`UPDATE _prisma_migrations SET checksum = 'edited'`;
    await database.close();
    await expect(openDatabase(options)).rejects.toThrow(/another text of .*_init.*restore the original file/);
    await place.remove();
  });

  it.skipIf(testServerUrl() === null)('are applied by one of two processes that start on an empty server at once', async () => {
    const serverUrl = testServerUrl() ?? '';
    const name = `tollgate_test_${randomUUID().replaceAll('-', '')}`;
    await onServer(serverUrl, `CREATE DATABASE ${name}`);
    const starters = [1, 2].map(() => startChild(new URL('./migrate-child.ts', import.meta.url), [databaseUrl(serverUrl, name)]));
    const logs = await Promise.all(starters.map(readAll));
    expect(logs.map((lines) => lines.at(-1))).toEqual(['ready', 'ready']);
    expect(logs.flat().filter((line) => line.includes('the database was migrated'))).toHaveLength(1);
    await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  });
});

async function readAll(child: Child): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await child.nextLine(); line !== null; line = await child.nextLine()) lines.push(line);
  return lines;
}
