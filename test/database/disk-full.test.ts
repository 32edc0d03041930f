import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createVault } from '../../src/kernel/secret.ts';
import { newMerchant, PUBLIC_URL, startInput, startText, type TestMerchant, testConfig } from '../support/gateway.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { prepare, testServerUrl } from '../support/template.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

/** What operations.md promises for the return. */
const RETURN_MS_MAX = 2_000;
const RETURN = { timeout: RETURN_MS_MAX, interval: 50 };
const NOTICE = { timeout: 10_000, interval: 50 };
const LOOKED_AT_MS = 1_200;
const MEGABYTES = 80;
const STARTS_MAX = 500;

interface Subject {
  readonly app: App;
  readonly merchant: TestMerchant;
  close(): Promise<void>;
}

async function openSubject(place: Pick<DatabasePlace, 'databaseUrl' | 'dataDir'>): Promise<Subject> {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  const database: Database = await openDatabase({ ...place, poolSize: 4, log });
  const vault = createVault(new Uint8Array(32).fill(7));
  const app = createApp({ config: testConfig(), database, vault, log, clock: systemClock });
  return { app, merchant: await newMerchant({ app, logLines: lines }, []), close: () => database.close() };
}

async function health({ app }: Subject, path: 'live' | 'ready'): Promise<unknown> {
  const response = await app.fetch(new Request(`${PUBLIC_URL}/health/${path}`));
  return { ...((await response.json()) as object), code: response.status };
}

const READY = { code: 200, status: 'ready' };
const FULL = { code: 503, status: 'database-full' };
const start = ({ merchant }: Subject, input = startInput('PAYMENT')) => merchant.query(startText('PAYMENT'), input);

/** From the moment at which a payment cannot be written until everything works again. */
async function expectOutage(
  subject: Subject,
  { lost, free }: { lost: Record<string, unknown>; free: () => unknown },
): Promise<void> {
  await vi.waitFor(async () => expect(await health(subject, 'ready')).toEqual(FULL), NOTICE);
  expect(await health(subject, 'live')).toEqual({ code: 200, status: 'live' });
  // It goes on being so, longer than one look counts.
  const seen = new Set<string>();
  const until = performance.now() + LOOKED_AT_MS;
  await vi.waitFor(
    async () => {
      seen.add(JSON.stringify(await health(subject, 'ready')));
      expect(performance.now()).toBeGreaterThan(until);
    },
    { timeout: 10 * LOOKED_AT_MS, interval: 100 },
  );
  expect([...seen].map((each) => JSON.parse(each))).toEqual([FULL]);
  await free();
  await vi.waitFor(async () => expect(await health(subject, 'ready')).toEqual(READY), RETURN);
  const again = await start(subject, lost);
  expect(again).toMatchObject({ errors: [], data: { session: { status: 'PENDING' } } });
}

describe.skipIf(testServerUrl() === null)('a server without disk space', () => {
  /** The server's own error, by its code. The two writes that have to grow a file: of a payment, and of the check. */
  const FILL = `
    CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
      $$BEGIN RAISE EXCEPTION 'could not extend file "base/1/1": No space left on device' USING ERRCODE = '53100'; END$$;
    CREATE FUNCTION no_new_space() RETURNS event_trigger LANGUAGE plpgsql AS
      $$BEGIN RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = '53100'; END$$;
    CREATE TRIGGER full_disk BEFORE INSERT ON sessions EXECUTE FUNCTION no_space();
    CREATE EVENT TRIGGER full_disk ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION no_new_space();`;
  const FREE = 'DROP TRIGGER full_disk ON sessions; DROP EVENT TRIGGER full_disk;';
  let place: DatabasePlace;
  let subject: Subject;
  beforeAll(async () => {
    place = await copyTemplate();
    subject = await openSubject(place);
  });
  afterAll(async () => {
    await subject.close();
    await place.remove();
  });

  test('makes the gateway not ready from the first write that fails, and ready within two seconds of the space', async () => {
    const client = new pg.Client({ connectionString: place.databaseUrl ?? '' });
    await client.connect();
    expect(await health(subject, 'ready')).toEqual(READY);
    await client.query(FILL);
    const lost = startInput('PAYMENT');
    expect((await start(subject, lost)).errors).toHaveLength(1);
    await expectOutage(subject, { lost, free: () => client.query(FREE) });
    await client.end();
  });
});

describe('an embedded database without disk space', () => {
  let disk: SmallDisk | string = '';
  let subject: Subject;
  beforeAll(async () => {
    disk = mountSmallDisk(MEGABYTES);
    if (typeof disk === 'string') return;
    await prepare(null);
    subject = await openSubject({ databaseUrl: null, dataDir: (await copyTemplate(null, disk.folder)).dataDir });
  });
  afterAll(async () => {
    await subject?.close();
    if (typeof disk !== 'string') disk.remove();
  });

  test('makes the gateway not ready from the first write that fails, and ready within two seconds of the space', async ({
    skip,
  }) => {
    skip(typeof disk === 'string', String(disk));
    const { fill, free } = disk as SmallDisk;
    expect(await health(subject, 'ready')).toEqual(READY);
    fill();
    let lost = startInput('PAYMENT');
    for (let count = 0; count < STARTS_MAX; count += 1) {
      if ((await start(subject, lost)).errors.length > 0) break;
      lost = startInput('PAYMENT');
    }
    await expectOutage(subject, { lost, free });
  });
});
