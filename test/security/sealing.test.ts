import { createCipheriv, createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { runProgram } from '../../src/cli/program.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { claimForKey } from '../../src/database/sealing.ts';
import { encodeJson } from '../../src/kernel/json.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createLegacyVault, createVault, FINGERPRINT_KINDS, SEALED_COLUMNS, type SealedPlace } from '../../src/kernel/secret.ts';
import {
  CARDS,
  confirm,
  type Gateway,
  newMerchant,
  openGateway,
  paid,
  start,
  type TestMerchant,
  testConfig,
} from '../support/gateway.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

const MERCHANTS = [randomUUID(), randomUUID()];
const ROWS = [randomUUID(), randomUUID()];
const places: readonly SealedPlace[] = SEALED_COLUMNS.flatMap((column) =>
  MERCHANTS.flatMap((merchantId) =>
    (['TEST', 'LIVE'] as const).flatMap((environment) => ROWS.map((id) => ({ column, row: { merchantId, environment, id } }))),
  ),
);

describe('a sealed value', () => {
  const vault = createVault(randomBytes(32));

  test('opens at its own place and at no other table, column, row, merchant or environment', () => {
    for (const place of places) {
      const sealed = vault.seal(place, { secret: 1 });
      expect(vault.open(place, sealed)).toEqual({ secret: 1 });
      for (const other of places) if (other !== place) expect(() => vault.open(other, sealed)).toThrow();
    }
  });

  test('does not open when any of its bytes was changed, its version and key id among them', () => {
    const [place] = places as [SealedPlace];
    const sealed = vault.seal(place, 'text');
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed, (byte, at) => (at === index ? byte ^ 1 : byte));
      expect(() => vault.open(place, changed)).toThrow();
    }
    expect(() => vault.open(place, new Uint8Array(0))).toThrow();
    expect(() => vault.open(place, sealed.subarray(0, 20))).toThrow();
  });

  test('names its key, and another key is told from a changed value', () => {
    const [place] = places as [SealedPlace];
    const other = createVault(randomBytes(32));
    expect(Buffer.from(vault.seal(place, 1)).subarray(3, 7).toString('hex')).toBe(vault.keyId);
    expect(other.keyId).not.toBe(vault.keyId);
    expect(() => other.open(place, vault.seal(place, 1))).toThrow(/under another key/);
  });

  test('of the first version does not open', () => {
    const key = randomBytes(32);
    const [place] = places as [SealedPlace];
    expect(() => createVault(key).open(place, sealAsFirstVersion(key, 'text'))).toThrow(/another format/);
    expect(createLegacyVault(key).open(sealAsFirstVersion(key, 'text'))).toBe('text');
  });
});

test('fingerprints of one text differ for each kind, also for texts that the first version knew', () => {
  const vault = createVault(randomBytes(32));
  for (const text of ['', 'x', 'sk_test_abc', 'pk_live_abc', '{"kind":"REFUND"}', 'cst_abc', 'whp_abc', 'client token\na\nb']) {
    expect(new Set(FINGERPRINT_KINDS.map((kind) => vault.fingerprint(text, kind))).size).toBe(FINGERPRINT_KINDS.length);
  }
});

/** As 0.1.0 wrote it: nonce, tag and ciphertext, bound to nothing. */
function sealAsFirstVersion(masterKey: Uint8Array, value: unknown): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(hkdfSync('sha256', masterKey, '', 'tollgate seal', 32));
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(encodeJson(value), 'utf8'), cipher.final()]);
  return new Uint8Array(Buffer.concat([nonce, cipher.getAuthTag(), body]));
}

function fingerprintAsFirstVersion(masterKey: Uint8Array, text: string): string {
  const key = new Uint8Array(hkdfSync('sha256', masterKey, '', 'tollgate fingerprint', 32));
  return createHmac('sha256', key).update(text).digest('hex');
}

describe('bytes copied in the database', () => {
  let gateway: Gateway;
  let a: TestMerchant;
  let b: TestMerchant;
  beforeAll(async () => {
    gateway = await openGateway();
    [a, b] = [await gateway.newMerchant(), await gateway.newMerchant()];
  });
  afterAll(() => gateway.close());

  test('show no other merchant’s credentials, token or payload', async () => {
    const { client } = gateway.database;
    const [mine, theirs] = [await start(a, 'PAYMENT'), await start(b, 'PAYMENT')];
    const read = 'query R($by: ClientSessionSelector!) { clientSession(by: $by) { token payload } }';
    const copies = [
      client.$executeRaw`UPDATE sessions SET payload = (SELECT credentials FROM provider_accounts WHERE id = ${b.accountId}::uuid) WHERE id = ${mine.id}::uuid`,
      client.$executeRaw`UPDATE sessions SET payload = (SELECT payload FROM sessions WHERE id = ${theirs.id}::uuid) WHERE id = ${mine.id}::uuid`,
      client.$executeRaw`UPDATE sessions SET payload = token WHERE id = ${mine.id}::uuid`,
      client.$executeRaw`UPDATE sessions SET token = (SELECT token FROM sessions WHERE id = ${theirs.id}::uuid) WHERE id = ${mine.id}::uuid`,
    ];
    for (const copy of copies) {
      expect(await copy).toBe(1);
      const answer = await a.query(read, { by: { id: mine.id } });
      expect(new Set(answer.errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['INTERNAL_SERVER_ERROR']));
      expect(JSON.stringify(answer)).not.toContain(theirs.token);
    }
  });

  test('give the challenge of one payer to no other', async () => {
    const [mine, theirs] = [await start(a, 'PAYMENT'), await start(b, 'PAYMENT')];
    const { body } = await confirm(gateway.app, theirs.token, CARDS.challenge);
    const read = 'query R($by: ClientSessionSelector!) { clientSession(by: $by) { challengeUrl } }';
    await b.query('mutation V($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { id } }', { by: { id: theirs.id } });
    expect((await b.data(read, { by: { id: theirs.id } })).clientSession.challengeUrl).toBe(body.challengeUrl);
    const rows = await gateway.database.client.$queryRaw<{ text: string }[]>`SELECT s::text AS text FROM sessions s`;
    expect(rows.filter(({ text }) => text.includes('exm_chl_'))).toEqual([]);
    await gateway.database.client
      .$executeRaw`UPDATE sessions SET challenge_url = (SELECT challenge_url FROM sessions WHERE id = ${theirs.id}::uuid) WHERE id = ${mine.id}::uuid`;
    expect((await a.query(read, { by: { id: mine.id } })).errors).toHaveLength(1);
    expect(
      (await a.data('{ clientSessions(first: 100) { edges { node { id } } } }')).clientSessions.edges.length,
    ).toBeGreaterThan(0);
  });
});

describe('the key of a database', () => {
  const log = createLogger({ level: 'silent' });
  const opened: { place: DatabasePlace; database: Database }[] = [];
  afterEach(async () => {
    for (const { place, database } of opened.splice(0)) {
      await database.close().catch(() => undefined);
      await place.remove();
    }
  });

  async function newDatabase(): Promise<{ place: DatabasePlace; database: Database }> {
    const place = await copyTemplate();
    const database = await openDatabase({ ...place, poolSize: 5, log, durability: 'relaxed' });
    opened.push({ place, database });
    return { place, database };
  }

  const claim = (database: Database, key: Uint8Array) =>
    claimForKey(database, { vault: createVault(key), legacy: createLegacyVault(key), log });

  test('is the one of the first start, also while nothing is sealed yet', async () => {
    const { database } = await newDatabase();
    const key = randomBytes(32);
    await claim(database, key);
    await claim(database, key);
    await expect(claim(database, randomBytes(32))).rejects.toThrow(/not the one that this database was sealed with/);
    const [row] = await database.client.encryptionKey.findMany();
    expect(row).toMatchObject({ id: 1, keyId: createVault(key).keyId, checkValue: createVault(key).checkValue });
    expect(JSON.stringify(row)).not.toContain(Buffer.from(key).toString('hex'));
  });

  test('is one of two when two gateways start at once with different keys', async () => {
    const { database } = await newDatabase();
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) => claim(database, Buffer.alloc(32, 1 + (index % 2)))),
    );
    const winners = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index % 2] : []));
    expect(winners).toHaveLength(3);
    expect(new Set(winners).size).toBe(1);
  });

  test('is asked of the command line too, on a database that is empty', async () => {
    const { place, database } = await newDatabase();
    await database.close();
    const run = async (key: Uint8Array) => {
      let errors = '';
      const environment = {
        TOLLGATE_DATA_DIR: place.dataDir,
        TOLLGATE_ENCRYPTION_KEY: Buffer.from(key).toString('base64'),
        ...(place.databaseUrl === null ? {} : { DATABASE_URL: place.databaseUrl }),
      };
      const complain = (text: string) => void (errors += text);
      return { exitCode: await runProgram(['merchant', 'list'], { environment, print: () => undefined, complain }), errors };
    };
    const key = randomBytes(32);
    expect(await run(key)).toEqual({ exitCode: 0, errors: '' });
    const refused = await run(randomBytes(32));
    expect(refused.exitCode).toBe(1);
    expect(refused.errors).toMatch(/TOLLGATE_ENCRYPTION_KEY/);
    expect((await run(key)).exitCode).toBe(0);
  });

  describe('of the first version', () => {
    /** Puts everything back as 0.1.0 left it, all of it sealed with one key. */
    async function ageBy(database: Database, key: Uint8Array): Promise<void> {
      const { client } = database;
      const vault = createVault(key);
      for (const table of ['provider_accounts', 'sessions', 'operations'])
        await client.$executeRawUnsafe(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${table}_sealed`);
      await client.encryptionKey.deleteMany();
      for (const column of SEALED_COLUMNS.filter((name) => name !== 'sessions.challenge_url')) {
        const [table = '', name = ''] = column.split('.');
        const rows = await client.$queryRawUnsafe<{ id: string; merchantId: string; environment: 'TEST'; sealed: Uint8Array }[]>(
          `SELECT id, merchant_id AS "merchantId", environment, ${name} AS sealed FROM ${table} WHERE ${name} IS NOT NULL`,
        );
        for (const { sealed, ...row } of rows) {
          const value = vault.open({ column, row }, sealed);
          await client.$executeRawUnsafe(
            `UPDATE ${table} SET ${name} = $1 WHERE id = $2::uuid`,
            sealAsFirstVersion(key, value),
            row.id,
          );
          const print = (column: string, text: string) =>
            client.$executeRawUnsafe(
              `UPDATE ${table} SET ${column} = $1 WHERE id = $2::uuid`,
              fingerprintAsFirstVersion(key, text),
              row.id,
            );
          if (name === 'token') await print('token_fingerprint', value as string);
          if (name === 'client_token') await print('client_token_fingerprint', value as string);
          if (name === 'credentials')
            await print('webhook_fingerprint', (value as Record<string, string>)['webhookPathSecret'] ?? '');
        }
      }
    }

    test('is sealed again at the start: keys, tokens, webhooks and repeats work as before, and old bytes open nowhere', async () => {
      const { database } = await newDatabase();
      const key = randomBytes(32);
      const app = createApp({ config: testConfig(), database, vault: createVault(key), log });
      const gateway = { app, logLines: [] };
      const merchant = await newMerchant(gateway, []);
      const open = await start(merchant, 'PAYMENT', { merchantInternalTransactionCode: 'aged' });
      await paid({ app } as Gateway, merchant);
      const oldBytes = sealAsFirstVersion(key, 'an old token');
      await ageBy(database, key);
      await expect(claim(database, randomBytes(32))).rejects.toThrow(/not the one/);
      expect(await database.client.encryptionKey.count()).toBe(0);

      await Promise.all([claim(database, key), claim(database, key)]);

      const fresh = createApp({ config: testConfig(), database, vault: createVault(key), log });
      const seen = await fresh.fetch(
        new Request('http://gateway.test/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${open.token}` },
          body: JSON.stringify({ query: `{ clientSession(by: { token: "${open.token}" }) { id payload } }` }),
        }),
      );
      expect(await seen.json()).toMatchObject({ data: { clientSession: { id: open.id, payload: { provider: 'EXAMPLE' } } } });
      expect((await confirm(fresh, open.token, CARDS.approve)).status).toBe(200);
      // A gateway of the first version that still runs, and bytes from an old backup, are refused by the database itself.
      await expect(
        database.client.$executeRaw`UPDATE sessions SET token = ${oldBytes} WHERE id = ${open.id}::uuid`,
      ).rejects.toThrow();
      const [row] = await database.client.encryptionKey.findMany();
      expect(row?.resealedAt).not.toBeNull();
    });

    test('keeps a value that never opened, and starts all the same', async () => {
      const { database } = await newDatabase();
      const key = randomBytes(32);
      const app = createApp({ config: testConfig(), database, vault: createVault(key), log });
      const merchant = await newMerchant({ app, logLines: [] }, []);
      const session = await start(merchant, 'PAYMENT');
      await ageBy(database, key);
      const foreign = sealAsFirstVersion(randomBytes(32), { of: 'another key' });
      await database.client.$executeRaw`UPDATE sessions SET payload = ${foreign} WHERE id = ${session.id}::uuid`;
      await claim(database, key);
      const [row] = await database.client.$queryRaw<
        { payload: Uint8Array }[]
      >`SELECT payload FROM sessions WHERE id = ${session.id}::uuid`;
      expect(Buffer.from(row?.payload ?? []).includes(Buffer.from(foreign))).toBe(true);
      expect((await start(merchant, 'PAYMENT')).status).toBe('PENDING');
    });
  });
});
