import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { readMigrations } from '../../src/database/schema-engine.ts';
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

  it.skipIf(testServerUrl() === null)('are taken up again after their process was killed in the middle of one', async () => {
    const serverUrl = testServerUrl() ?? '';
    const name = `tollgate_test_${randomUUID().replaceAll('-', '')}`;
    await onServer(serverUrl, `CREATE DATABASE ${name}`);
    const url = databaseUrl(serverUrl, name);
    // Every migration that has written something stops at this lock, before its end.
    await onServer(
      url,
      `CREATE FUNCTION wait() RETURNS event_trigger LANGUAGE plpgsql AS
         $$BEGIN IF to_regclass('sessions') IS NOT NULL THEN PERFORM pg_advisory_xact_lock(42); END IF; END$$;
       CREATE EVENT TRIGGER wait ON ddl_command_start EXECUTE FUNCTION wait()`,
    );
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(42)');
    const child = startChild(new URL('./migrate-child.ts', import.meta.url), [url]);
    const waiting = `SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND NOT granted AND datname = '${name}'`;
    await vi.waitFor(async () => expect((await onServer(serverUrl, waiting)).rowCount).toBe(1), 30_000);
    await child.kill();
    await onServer(serverUrl, `SELECT pg_terminate_backend(pid) FROM (${waiting}) AS waiting`);
    const begun = 'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NULL';
    await vi.waitFor(async () => expect((await onServer(serverUrl, waiting)).rowCount).toBe(0), 30_000);
    expect((await onServer(url, begun)).rowCount).toBe(1);
    await holder.query('DROP EVENT TRIGGER wait');
    await holder.end();
    const database = await openDatabase({ databaseUrl: url, dataDir: '', poolSize: 1, log });
    expect(await database.client.session.count()).toBe(0);
    await database.close();
    expect((await onServer(url, begun)).rowCount).toBe(0);
    await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  });

  it('that the database refused are not begun again by themselves', async () => {
    const place = await copyTemplate();
    const options = { ...place, poolSize: 1, log, durability: 'relaxed' } as const;
    const database = await openDatabase(options);
    const newest = (await readMigrations()).at(-1)?.name ?? '';
    await database.client.$executeRaw`
      UPDATE _prisma_migrations SET finished_at = NULL, logs = 'ERROR: no' WHERE migration_name = ${newest}`;
    await database.close();
    await expect(openDatabase(options)).rejects.toThrow(newest);
    await place.remove();
  });
});

async function readAll(child: Child): Promise<string[]> {
  const lines: string[] = [];
  for (let line = await child.nextLine(); line !== null; line = await child.nextLine()) lines.push(line);
  return lines;
}
