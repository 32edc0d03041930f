import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commit, type Part, when } from '../../src/database/commit.ts';
import { tableOf } from '../../src/database/table.ts';
import { type Merchant, type MerchantCode, Prisma } from '../../src/generated/prisma/client.ts';
import { describeDatabases } from '../support/databases.ts';

const merchants = tableOf<Merchant>('merchants', Prisma.MerchantScalarFieldEnum);
const codes = tableOf<MerchantCode>('merchant_codes', Prisma.MerchantCodeScalarFieldEnum);

/** One write of a random commit, in terms that the database and a plain map both understand. */
type Write =
  | { readonly kind: 'insert'; readonly key: number; readonly value: string }
  | { readonly kind: 'update'; readonly key: number; readonly from: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: number; readonly from: string };

type Model = Map<number, string>;

const KEYS = 5;
const key = fc.integer({ min: 0, max: KEYS - 1 });
const value = fc.constantFrom('red', 'green', 'blue');
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), key, value }),
  fc.record({ kind: fc.constant('update' as const), key, from: value, value }),
  fc.record({ kind: fc.constant('delete' as const), key, from: value }),
);
/** No two parts of one commit touch the same row: all see the database as it was before. */
const writes = fc.uniqueArray(write, { minLength: 1, maxLength: KEYS, selector: ({ key: row }) => row });

/** Whether the write finds what it needs. */
function writesIn(model: Model, { kind, key: row, ...rest }: Write): boolean {
  return kind === 'insert' ? !model.has(row) : model.get(row) === (rest as { from: string }).from;
}

/** A row that must be as it is named, for the first write; null for none. */
type Need = { readonly key: number; readonly value: string } | null;
const need: fc.Arbitrary<Need> = fc.option(fc.record({ key, value }));

function applyTo(model: Model, all: readonly Write[], needed: Need = null): boolean {
  const [first] = all;
  if (first === undefined || !writesIn(model, first)) return false;
  if (needed !== null && model.get(needed.key) !== needed.value) return false;
  for (const one of all.filter((other) => writesIn(model, other))) {
    if (one.kind === 'delete') model.delete(one.key);
    else model.set(one.key, one.value);
  }
  return true;
}

function toPart(merchantId: string, one: Write): Part {
  const row = { merchantId, environment: 'TEST', code: String(one.key), provider: '' };
  const owner = { ownerKind: 'SESSION', ownerId: randomUUID() };
  switch (one.kind) {
    case 'insert':
      return (only) =>
        Prisma.sql`${codes.insertIf(only, { ...row, ...owner, inputFingerprint: one.value })} ON CONFLICT DO NOTHING`;
    case 'update':
      return (only) => Prisma.sql`
        UPDATE merchant_codes SET ${codes.set({ inputFingerprint: one.value })}
        WHERE ${codes.is({ ...row, inputFingerprint: one.from })} AND ${only}`;
    case 'delete':
      return (only) =>
        Prisma.sql`DELETE FROM merchant_codes WHERE ${codes.is({ ...row, inputFingerprint: one.from })} AND ${only}`;
  }
}

function isMet(merchantId: string, { key: code, value: inputFingerprint }: NonNullable<Need>): Prisma.Sql {
  const where = codes.is({ merchantId, code: String(code), inputFingerprint });
  return Prisma.sql`EXISTS (SELECT FROM merchant_codes WHERE ${where})`;
}

describeDatabases('a commit', (world) => {
  const read = async (merchantId: string): Promise<Model> => {
    const rows = await world().database.client.merchantCode.findMany({ where: { merchantId } });
    return new Map(rows.map(({ code, inputFingerprint }) => [Number(code), inputFingerprint]));
  };
  const newMerchant = (): Merchant => {
    const now = world().clock.now();
    return { id: randomUUID(), publicId: randomUUID(), name: 'Corner shop', returnOrigins: [], createdAt: now, updatedAt: now };
  };

  test('leaves what a plain model of the table says, alone and inside a transaction', async () => {
    const { client, inTransaction } = world().database;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(writes, need, fc.boolean()), { maxLength: 8 }), async (commits) => {
        const merchantId = randomUUID();
        const model: Model = new Map();
        for (const [all, needed, isInside] of commits) {
          const [decisive, ...others] = all.map((one) => toPart(merchantId, one));
          if (decisive === undefined) continue;
          const first = needed === null ? decisive : when([isMet(merchantId, needed)], decisive);
          const run = () => (isInside ? inTransaction((tx) => commit(tx, first, others)) : commit(client, first, others));
          expect(await run()).toBe(applyTo(model, all, needed));
          expect(await read(merchantId)).toEqual(model);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('writes nothing at all when one part fails', async () => {
    const { client } = world().database;
    const [fine, taken] = [newMerchant(), newMerchant()];
    await client.$executeRaw(merchants.insert(taken));
    const parts = [fine, { ...taken, id: randomUUID() }].map(
      (row): Part =>
        (only) =>
          merchants.insertIf(only, row),
    );
    const [first, second] = parts as [Part, Part];
    await expect(commit(client, first, [second])).rejects.toThrow('merchants_public_id_key');
    expect(await client.merchant.count({ where: { id: fine.id } })).toBe(0);
  });

  test('of commits that come at once with one code, one writes and the others write nothing', async () => {
    const { client } = world().database;
    for (let round = 0; round < 10; round += 1) {
      const merchantId = randomUUID();
      const claims = Array.from({ length: 6 }, () => {
        const own = newMerchant();
        const claim = toPart(merchantId, { kind: 'insert', key: 0, value: own.id });
        return { own, made: commit(client, claim, [(only) => merchants.insertIf(only, own)]) };
      });
      const made = await Promise.all(claims.map((claim) => claim.made));
      expect(made.filter((isMade) => isMade)).toHaveLength(1);
      const ids = claims.map(({ own }) => own.id);
      const rows = await client.merchant.findMany({ where: { id: { in: ids } } });
      expect(rows.map(({ id }) => id)).toEqual([(await read(merchantId)).get(0)]);
    }
  });
});

describe('the model', () => {
  test('says that nothing is written where the first write finds nothing', () => {
    const model: Model = new Map([[0, 'red']]);
    expect(
      applyTo(model, [
        { kind: 'insert', key: 0, value: 'blue' },
        { kind: 'insert', key: 1, value: 'blue' },
      ]),
    ).toBe(false);
    expect([...model]).toEqual([[0, 'red']]);
  });
});
