import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** What stands between the gateway and the server: a pooler that keeps one connection for each client, or one for each transaction. */
export type Pooler = 'none' | 'session' | 'transaction';

type Connect = () => Promise<pg.Client>;

/**
 * Finds out by behaviour. A pooler names another process when a connection opens than the one that runs the statements. In
 * transaction mode two open connections are served by one process, or one connection by several.
 */
export async function findPooler(first: pg.Client, connect: Connect): Promise<Pooler> {
  const { processID } = first as pg.Client & { readonly processID: number | null };
  if ((await backendOf(first)) === processID) return 'none';
  const second = await connect();
  try {
    const seen = new Map<pg.Client, number>();
    // Two of the first connection show a pooler that takes its connections in turn, one after the other one that takes the last.
    for (const client of [first, first, second, first, second, second]) {
      const backend = await backendOf(client);
      const others = [...seen].filter(([other]) => other !== client);
      if ((seen.get(client) ?? backend) !== backend || others.some(([, other]) => other === backend)) return 'transaction';
      seen.set(client, backend);
    }
    return 'session';
  } finally {
    await second.end();
  }
}

/** Whether a pooler in transaction mode keeps named statements apart for its clients, as PgBouncer does from 1.21 on if told to. */
export async function keepsStatements(client: pg.Client): Promise<boolean> {
  const name = `tollgate_probe_${randomUUID()}`;
  await client.query('BEGIN');
  try {
    await client.query({ name, text: 'SELECT 1' });
    const { rowCount } = await client.query('SELECT 1 FROM pg_prepared_statements WHERE name = $1', [name]);
    // Under the name of its own: it would stay for the next client of that connection.
    if (rowCount === 0) return true;
    await client.query(`DEALLOCATE "${name}"`);
    return false;
  } finally {
    await client.query('ROLLBACK');
  }
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}
