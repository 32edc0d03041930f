import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { commit, type Part } from '../../src/database/commit.ts';
import { lockRows } from '../../src/database/lock.ts';
import type { News } from '../../src/database/news.ts';
import { eventsPart, insertEvents, listEventsOfSessions } from '../../src/events/store.ts';
import { Prisma } from '../../src/generated/prisma/client.ts';
import type { MerchantScope } from '../../src/kernel/scope.ts';
import { describeDatabases } from '../support/databases.ts';

const origin = (scope: MerchantScope) => ({ scope, source: 'API' as const, now: new Date() });
const newScope = (): MerchantScope => ({ merchantId: randomUUID(), environment: 'TEST' });
const of = (sessionId: string | null) => ({ type: 'session.created', sessionId }) as const;

describeDatabases('the events of a session', (world) => {
  const sequences = async (scope: MerchantScope, sessionId: string) =>
    (await listEventsOfSessions(world().database.client, scope, [sessionId])).map(({ sequence }) => sequence);

  test('are numbered from 1 in the order in which they were given, session by session', async () => {
    const { client, inTransaction } = world().database;
    const scope = newScope();
    const [one, other] = [randomUUID(), randomUUID()];
    await inTransaction((tx) => insertEvents(tx, origin(scope), [of(one), of(other), of(null), of(one)]));
    await commit(client, eventsPart(origin(scope), [of(other), of(one)]));
    expect(await sequences(scope, one)).toEqual([1, 2, 3]);
    expect(await sequences(scope, other)).toEqual([1, 2]);
    expect(await client.event.count({ where: { ...scope, sessionId: null, sequence: null } })).toBe(1);
  });

  test('have no gap after a commit that was undone, nor after one that wrote nothing', async () => {
    const { client, inTransaction } = world().database;
    const scope = newScope();
    const sessionId = randomUUID();
    const undone = inTransaction(async (tx) => {
      await insertEvents(tx, origin(scope), [of(sessionId), of(sessionId)]);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    const never: Part = (only) => Prisma.sql`DELETE FROM jobs WHERE FALSE AND ${only}`;
    expect(await commit(client, never, [eventsPart(origin(scope), [of(sessionId)])])).toBe(false);
    await commit(client, eventsPart(origin(scope), [of(sessionId)]));
    expect(await sequences(scope, sessionId)).toEqual([1]);
  });

  test('are numbered without gaps and seen in that order, however many callers append at once', async () => {
    const { client, inTransaction } = world().database;
    const scope = newScope();
    const sessionId = randomUUID();
    const seen: number[][] = [];
    const look = async () => seen.push((await sequences(scope, sessionId)) as number[]);
    const append = async (index: number) => {
      const alone = index % 2 === 0;
      if (alone) await commit(client, eventsPart(origin(scope), [of(sessionId)]));
      else await inTransaction((tx) => insertEvents(tx, origin(scope), [of(sessionId), of(sessionId)]));
      await look();
    };
    await Promise.all(Array.from({ length: 20 }, (_, index) => append(index)));
    const all = (await sequences(scope, sessionId)) as number[];
    expect(all).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    for (const some of seen) expect(some).toEqual(all.slice(0, some.length));
  });

  test('are told to listeners of the process once they are committed, and never of a commit that is undone', async () => {
    const { client, inTransaction, onNews } = world().database;
    const scope = newScope();
    const [one, other] = [randomUUID(), randomUUID()];
    const heard: News[] = [];
    const end = onNews((news) => heard.push(news));
    await inTransaction(async (tx) => {
      await insertEvents(tx, origin(scope), [of(one)]);
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual([{ sessionIds: [one] }]);
    await inTransaction(async (tx) => {
      await insertEvents(tx, origin(scope), [of(one)]);
      throw new Error('undone');
    }).catch(() => undefined);
    await commit(client, eventsPart(origin(scope), [of(other), of(null)]));
    expect(heard).toEqual([{ sessionIds: [one] }, { sessionIds: [other] }]);
    end();
    await commit(client, eventsPart(origin(scope), [of(other)]));
    expect(heard).toHaveLength(2);
  });

  test('lock nothing before the other rows of their commit', async ({ skip }) => {
    const { client, inTransaction, isEmbedded } = world().database;
    skip(isEmbedded, 'it has one connection, on which nothing waits');
    const scope = newScope();
    const sessionId = randomUUID();
    const keys = [randomUUID(), randomUUID()];
    const insert = (key: string): Part => {
      return (only) => Prisma.sql`INSERT INTO event_counts SELECT ${key}::uuid, 0 WHERE ${only}`;
    };
    const update = (key: string): Part => {
      return (only) => Prisma.sql`UPDATE event_counts SET count = count + 1 WHERE session_id = ${key}::uuid AND ${only}`;
    };
    for (const key of keys) await commit(client, insert(key));
    const [first, second] = keys.map(update) as [Part, Part];
    const appended = inTransaction(async (tx) => {
      await tx.$executeRaw`SELECT FROM event_counts WHERE session_id = ${keys[1]}::uuid FOR UPDATE`;
      const waiting = commit(client, first, [eventsPart(origin(scope), [of(sessionId)]), second]);
      const isWaiting = async () => {
        const [row] = await client.$queryRaw<[{ count: number }]>`
          SELECT count(*)::integer AS count FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%event_counts%'`;
        return row.count > 0;
      };
      await expect.poll(isWaiting).toBe(true);
      // Would wait for the commit, which waits for this transaction, if the count were locked by now.
      await insertEvents(tx, origin(scope), [of(sessionId)]);
      return { waiting };
    });
    await (await appended).waiting;
    expect(await sequences(scope, sessionId)).toEqual([1, 2]);
  });

  test('are the last that a transaction locks, unless it holds the session', async () => {
    const { inTransaction } = world().database;
    const scope = newScope();
    const lock = (tx: Parameters<typeof lockRows>[0], table: 'sessions' | 'payment_methods') =>
      lockRows(tx, table, { columns: Prisma.sql`id`, where: Prisma.sql`FALSE` });
    const tooLate = inTransaction(async (tx) => {
      await insertEvents(tx, origin(scope), [of(randomUUID())]);
      await lock(tx, 'payment_methods');
    });
    await expect(tooLate).rejects.toThrow('must be locked before');
    const locked = await inTransaction(async (tx) => {
      await lock(tx, 'sessions');
      await insertEvents(tx, origin(scope), [of(randomUUID())]);
      return lock(tx, 'payment_methods');
    });
    expect(locked).toEqual([]);
  });
});
