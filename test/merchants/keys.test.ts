import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMs, DAY_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import type { MerchantScope } from '../../src/kernel/scope.ts';
import { createVault } from '../../src/kernel/secret.ts';
import type { ApiKey } from '../../src/merchants/api-key.ts';
import { authenticate } from '../../src/merchants/authenticate.ts';
import { createMerchant } from '../../src/merchants/create-merchant.ts';
import { listKeys, revokeKey, createKey as tryCreateKey } from '../../src/merchants/manage-keys.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

async function newScope(environment: 'TEST' | 'LIVE' = 'TEST'): Promise<MerchantScope> {
  const merchant = await createMerchant(world, { name: 'Corner shop', returnOrigins: [], publicId: null });
  if (!merchant.ok) throw new Error(merchant.refusal.message);
  return { merchantId: merchant.value.id, environment };
}

async function createKey(...input: Parameters<typeof tryCreateKey>): Promise<{ key: ApiKey; text: string }> {
  const made = await tryCreateKey(...input);
  if (!made.ok) throw new Error(made.refusal.message);
  return made.value;
}

const secret = { kind: 'SECRET', label: 'backend', expiresAt: null } as const;

describe('a key', () => {
  it('tells by its beginning what it is, and opens its own side of its own merchant', async () => {
    const made = [];
    for (const environment of ['TEST', 'LIVE'] as const) {
      const scope = await newScope(environment);
      for (const kind of ['SECRET', 'PUBLISHABLE'] as const) {
        const { key, text } = await createKey(world, scope, { kind, label: '', expiresAt: null });
        made.push(text.slice(0, 8));
        expect(await authenticate(world, text)).toEqual({ kind, scope, keyId: key.id });
      }
    }
    expect(made).toEqual(['sk_test_', 'pk_test_', 'sk_live_', 'pk_live_']);
  });

  it('holds 256 random bits and is nowhere in the database', async () => {
    const scope = await newScope();
    const { key, text } = await createKey(world, scope, secret);
    expect(text).toMatch(/^sk_test_[\w-]{43}$/);
    const rows = await world.database.client.$queryRaw<
      { row: string }[]
    >`SELECT k::text AS row FROM api_keys k WHERE id = ${key.id}::uuid`;
    expect(rows[0]?.row).toContain(scope.merchantId);
    expect(rows[0]?.row).not.toContain(text.slice(8, 24));
  });

  it('is nobody to a gateway with another encryption key', async () => {
    const { text } = await createKey(world, await newScope(), secret);
    expect(await authenticate({ ...world, vault: createVault(new Uint8Array(32)) }, text)).toBeNull();
  });

  it('stops at once when it is revoked, while its successor works', async () => {
    const scope = await newScope();
    const old = await createKey(world, scope, secret);
    const successor = await createKey(world, scope, secret);
    expect(await authenticate(world, old.text)).not.toBeNull();
    expect(await revokeKey(world, scope, old.key.id)).toMatchObject({ ok: true });
    expect(await authenticate(world, old.text)).toBeNull();
    expect(await authenticate(world, successor.text)).not.toBeNull();
  });

  it('works at most five seconds longer when another process revokes it', async () => {
    const scope = await newScope();
    const { key, text } = await createKey(world, scope, secret);
    expect(await authenticate(world, text)).not.toBeNull();
    await world.database.client.apiKey.update({ where: { id: key.id }, data: { revokedAt: world.clock.now() } });
    world.clock.advance(5 * SECOND_MS);
    expect(await authenticate(world, text)).toBeNull();
  });

  it('ends at its expiry, remembered or not', async () => {
    const expiresAt = addMs(world.clock.now(), DAY_MS);
    const { text } = await createKey(world, await newScope(), { ...secret, expiresAt });
    world.clock.advance(DAY_MS - 1);
    expect(await authenticate(world, text)).not.toBeNull();
    world.clock.advance(1);
    expect(await authenticate(world, text)).toBeNull();
  });

  it('is not made when it would be expired already', async () => {
    const made = await tryCreateKey(world, await newScope(), { ...secret, expiresAt: world.clock.now() });
    expect(made).toMatchObject({ ok: false, refusal: { message: expect.stringContaining('in the past') } });
  });

  it('is listed newest first, one of a merchant’s sides or both', async () => {
    const scope = await newScope();
    const live = { ...scope, environment: 'LIVE' as const };
    const made: string[] = [];
    for (const side of [scope, live, scope]) {
      made.unshift((await createKey(world, side, secret)).key.id);
      world.clock.advance(1);
    }
    const idsOf = async (owner: Parameters<typeof listKeys>[1]) => (await listKeys(world, owner)).map(({ id }) => id);
    expect(await idsOf({ merchantId: scope.merchantId })).toEqual(made);
    expect(await idsOf(live)).toEqual([made[1]]);
  });

  it('is one of at most a hundred that are in force on a side', async () => {
    const scope = await newScope();
    const expiresAt = new Date(world.clock.now().getTime() + MINUTE_MS);
    const first = await createKey(world, scope, secret);
    for (let n = 0; n < 99; n += 1) await createKey(world, scope, { ...secret, expiresAt });
    const another = () => tryCreateKey(world, scope, secret);
    expect(await another()).toMatchObject({
      ok: false,
      refusal: { code: 'BAD_USER_INPUT', message: expect.stringContaining('100') },
    });
    expect(await tryCreateKey(world, { ...scope, environment: 'LIVE' }, secret)).toMatchObject({ ok: true });
    await revokeKey(world, scope, first.key.id);
    expect(await another()).toMatchObject({ ok: true });
    expect(await another()).toMatchObject({ ok: false });
    world.clock.advance(MINUTE_MS);
    expect(await another()).toMatchObject({ ok: true });
  });

  it('leaves a trace in the log when it is made and when it is revoked, once, and never its text', async () => {
    const { key, text } = await createKey(world, await newScope(), secret);
    await revokeKey(world, key.scope, key.id);
    await revokeKey(world, key.scope, key.id);
    const lines = world.logLines.filter((line) => line.includes(key.id));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { ...key.scope, kind: 'SECRET', msg: 'an API key was made' },
      { ...key.scope, kind: 'SECRET', msg: 'an API key was revoked' },
    ]);
    expect(lines.join('')).not.toContain(text);
  });

  it('notes its last use once a minute', async () => {
    const scope = await newScope();
    const { text } = await createKey(world, scope, secret);
    const lastUse = async () => (await listKeys(world, scope))[0]?.lastUsedAt;
    const first = world.clock.now();
    await authenticate(world, text);
    await expect.poll(lastUse).toEqual(first);
    world.clock.advance(MINUTE_MS - 1);
    await authenticate(world, text);
    expect(await lastUse()).toEqual(first);
    world.clock.advance(1);
    await authenticate(world, text);
    await expect.poll(lastUse).toEqual(world.clock.now());
  });

  it('cannot be revoked or listed by another merchant', async () => {
    const { key, text } = await createKey(world, await newScope(), secret);
    const other = await newScope();
    expect(await revokeKey(world, other, key.id)).toMatchObject({ ok: false });
    expect(await listKeys(world, other)).toEqual([]);
    expect(await authenticate(world, text)).not.toBeNull();
  });

  it.each(['', 'sk_test_short', 'Bearer x', `sk_test_${'a'.repeat(43)}`, `sk_live_${'ü'.repeat(43)}`, randomUUID()])(
    'is not what %j is',
    async (text) => {
      expect(await authenticate(world, text)).toBeNull();
    },
  );
});
