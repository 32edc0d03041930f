import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Tx } from '../../src/database/database.ts';
import { tableOf } from '../../src/database/table.ts';
import { Prisma, type ProviderAccount, type SimulatorRecord, type WebhookDelivery } from '../../src/generated/prisma/client.ts';
import { describeDatabases } from '../support/databases.ts';

const accounts = tableOf<ProviderAccount>('provider_accounts', Prisma.ProviderAccountScalarFieldEnum);
const deliveries = tableOf<WebhookDelivery>('webhook_deliveries', Prisma.WebhookDeliveryScalarFieldEnum);
const records = tableOf<SimulatorRecord>('simulator_records', Prisma.SimulatorRecordScalarFieldEnum, ['data']);

describeDatabases('a value', (world) => {
  it('gives statements and models the same values, in and out of a transaction', async () => {
    const instants = ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:05.120Z', '2026-12-31T23:59:59.999Z'].map(
      (text) => new Date(text),
    );
    const read = (tx: Tx) => tx.$queryRaw<Record<string, unknown>[]>`
      SELECT ${instants[0]}::timestamptz(3) AS "first", ${instants[1]}::timestamptz(3) AS "second", ${instants[2]}::timestamptz(3) AS "third",
        ${2n ** 62n}::bigint AS "large", ${-5}::integer AS "small", ${0.5}::float8 AS "half", ${true}::boolean AS "isTrue",
        ${BYTES}::bytea AS "bytes", ${'{"a":1}'}::jsonb AS "facts", ${TEXTS}::text[] AS "texts", ${[]}::text[] AS "noTexts",
        ${IDS}::uuid[] AS "ids", ${[3, -4]}::integer[] AS "numbers", ${null}::text AS "nothing", ${null}::jsonb AS "noFacts",
        ${null}::bytea AS "noBytes", ${null}::text[] AS "noList", ${null}::bigint AS "noNumber", ${null}::timestamptz AS "never"`;
    const expected = {
      first: instants[0],
      second: instants[1],
      third: instants[2],
      large: 2n ** 62n,
      small: -5,
      half: 0.5,
      isTrue: true,
      bytes: BYTES,
      facts: { a: 1 },
      texts: TEXTS,
      noTexts: [],
      ids: IDS,
      numbers: [3, -4],
      nothing: null,
      noFacts: null,
      noBytes: null,
      noList: null,
      noNumber: null,
      never: null,
    };
    const rows = [...(await read(world().database.client)), ...(await world().database.inTransaction(read))];
    expect(rows.map((row) => ({ ...row, bytes: plain(row['bytes']) }))).toEqual([expected, expected]);
  });

  const BYTES = Uint8Array.from({ length: 512 }, (_none, index) => index % 256);
  const TEXTS = ['plain', '', 'a, b', '{c}', '"quoted"', "it's", 'back\\slash', 'NULL', 'two\nlines', 'tab\t', 'ü € 😀', ' '];
  const IDS = [randomUUID(), randomUUID()];
  const plain = (bytes: unknown) => Uint8Array.from(bytes as Uint8Array);

  describe('writes and reads as the models do, in and out of a transaction,', () => {
    const both = async (call: (tx: Tx) => Promise<void>) => {
      await call(world().database.client);
      await world().database.inTransaction(call);
    };

    it('bytes', async () => {
      const now = world().clock.now();
      await both(async (tx) => {
        const row = {
          id: randomUUID(),
          merchantId: randomUUID(),
          environment: 'TEST',
          provider: 'EXAMPLE',
          label: 'Bank',
          status: 'ENABLED',
          isDefault: false,
          baseUrl: null,
          credentials: BYTES,
          webhookFingerprint: randomUUID(),
          createdAt: now,
          updatedAt: now,
        };
        const [made] = await tx.$queryRaw<[ProviderAccount]>`${accounts.insert(row)} RETURNING ${accounts.columns}`;
        expect({ ...made, credentials: plain(made.credentials) }).toEqual(row);
        const changes = accounts.set({ credentials: BYTES.slice(0, 3), baseUrl: '' });
        await tx.$executeRaw`UPDATE provider_accounts SET ${changes} WHERE ${accounts.is({ id: row.id })}`;
        const where = accounts.is({ id: row.id, credentials: BYTES.slice(0, 3), isDefault: false });
        expect(await tx.$queryRaw`SELECT ${accounts.pick(['baseUrl'])} FROM provider_accounts WHERE ${where}`).toEqual([
          { baseUrl: '' },
        ]);
      });
    });

    it('lists', async () => {
      const now = world().clock.now();
      await both(async (tx) => {
        const row = {
          id: randomUUID(),
          merchantId: randomUUID(),
          environment: 'TEST',
          providerAccountId: randomUUID(),
          eventId: 'e',
          type: 't',
          verdict: 'RECEIVED',
          providerCodes: TEXTS,
          disputeCodes: [],
          deliveries: 1,
          receivedAt: now,
          processedAt: null,
        };
        const [made] = await tx.$queryRaw<[WebhookDelivery]>`${deliveries.insert(row)} RETURNING ${deliveries.columns}`;
        expect(made).toEqual(row);
        const where = deliveries.is({ id: [row.id, randomUUID()], processedAt: null, receivedAt: now });
        expect(await tx.$executeRaw`UPDATE webhook_deliveries SET ${deliveries.set({ providerCodes: [] })} WHERE ${where}`).toBe(
          1,
        );
      });
    });

    const values: readonly Prisma.JsonValue[] = [
      { a: [1, 2.5, -3e10, true, null, { b: 'ü € 😀 "quoted" \\ \n' }], 'a key, with {marks}': {} },
      [],
      ['a', 1],
      'a text',
      '',
      '{"a":1}',
      0,
      false,
    ];

    it.each(values)('JSON such as %j, with numbers beyond those of JavaScript', async (data) => {
      await both(async (tx) => {
        const row = {
          accountId: randomUUID(),
          id: 'r',
          kind: 'order',
          position: 2n ** 62n + 1n,
          bankCode: null,
          reference: null,
          data,
        };
        const made = { ...row, createdAt: world().clock.now() };
        expect(await tx.$executeRaw(records.insert(made as object))).toBe(1);
        const where = records.is({ accountId: row.accountId, position: row.position, reference: null });
        expect(await tx.$queryRaw`SELECT ${records.columns} FROM simulator_records WHERE ${where}`).toEqual([made]);
      });
      const found = await world().database.client.simulatorRecord.findMany({ where: { position: 2n ** 62n + 1n } });
      expect(found.filter((row) => JSON.stringify(row.data) === JSON.stringify(data))).toHaveLength(2);
    });
  });
});
