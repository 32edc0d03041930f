import type { Models, Tx } from '../database/database.ts';
import { tableOf } from '../database/table.ts';
import {
  type ApiKey as ApiKeyRow,
  type Merchant as MerchantRow,
  Prisma,
  type ProviderAccount as ProviderAccountRow,
} from '../generated/prisma/client.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { SealedPlace, Vault } from '../kernel/secret.ts';
import type { Environment, ProviderName } from '../providers/provider.ts';
import type { ApiKey, KeyKind } from './api-key.ts';
import type { Merchant, Owner } from './merchant.ts';
import type { AccountRecord, Reach } from './provider-account.ts';
import type { SignIn } from './sign-in.ts';

const accounts = tableOf<ProviderAccountRow>('provider_accounts', Prisma.ProviderAccountScalarFieldEnum);

export async function insertMerchant(models: Models, merchant: Merchant): Promise<void> {
  await models.merchant.create({
    data: { ...merchant, returnOrigins: [...merchant.returnOrigins], updatedAt: merchant.createdAt },
  });
}

export async function readMerchant(models: Models, by: { id: string } | { publicId: string }): Promise<Merchant | null> {
  const row = await models.merchant.findUnique({ where: 'id' in by ? { id: by.id } : { publicId: by.publicId } });
  return row === null ? null : toMerchant(row);
}

/** In the order of creation. */
export async function readMerchants(models: Models, countMax: number): Promise<readonly Merchant[]> {
  return (await models.merchant.findMany({ orderBy: { id: 'asc' }, take: countMax })).map(toMerchant);
}

export async function insertKey(models: Models, key: ApiKey, fingerprint: string): Promise<void> {
  const { scope, ...fields } = key;
  await models.apiKey.create({ data: { ...fields, ...scope, fingerprint } });
}

/** The one look-up that comes before a merchant is known: the fingerprint of a key belongs to one merchant. */
export async function readKeyByFingerprint(models: Models, fingerprint: string): Promise<ApiKey | null> {
  const row = await models.apiKey.findUnique({ where: { fingerprint } });
  return row === null ? null : toKey(row);
}

/** Newest first, revoked ones included. */
export async function readKeys(models: Models, owner: Owner, countMax: number): Promise<readonly ApiKey[]> {
  const orderBy = [{ createdAt: 'desc' }, { id: 'desc' }] as const;
  return (await models.apiKey.findMany({ where: { ...whereOwner(owner) }, orderBy: [...orderBy], take: countMax })).map(toKey);
}

export async function countKeysInForce(models: Models, scope: MerchantScope, now: Date): Promise<number> {
  return models.apiKey.count({
    where: { ...scopeOf(scope), revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
  });
}

/** The key as it is now; null when there is none. `isNew` tells whether this ended it: the time of an earlier revocation stays. */
export async function saveRevocation(
  models: Models,
  owner: Owner,
  revoked: { keyId: string; at: Date },
): Promise<{ key: ApiKey; isNew: boolean } | null> {
  const { keyId: id, at: revokedAt } = revoked;
  const { count } = await models.apiKey.updateMany({ where: { ...whereOwner(owner), id, revokedAt: null }, data: { revokedAt } });
  const row = await models.apiKey.findFirst({ where: { ...whereOwner(owner), id } });
  return row === null ? null : { key: toKey(row), isNew: count === 1 };
}

/** An undefined value would mean every side by accident, and further fields of the owner another question. */
function whereOwner({ merchantId, environment }: Owner): { merchantId: string; environment?: Environment } {
  return environment === undefined ? { merchantId } : { merchantId, environment };
}

export async function saveLastUse(models: Models, merchantId: string, used: { keyId: string; at: Date }): Promise<void> {
  await models.apiKey.updateMany({ where: { id: used.keyId, merchantId }, data: { lastUsedAt: used.at } });
}

export async function insertSignIn(
  models: Models,
  { scope, ...signIn }: SignIn,
  made: { createdAt: Date } & ({ tokenFingerprint: string } | { linkFingerprint: string }),
): Promise<void> {
  await models.signIn.create({ data: { ...signIn, ...scopeOf(scope), ...made } });
}

/** Spends a link and answers its sign-in's id: null when it is unknown, spent, ended or expired. The link itself is the right to do so. */
export async function openSignIn(
  models: Models,
  use: { linkFingerprint: string; tokenFingerprint: string; expiresAt: Date; now: Date },
): Promise<string | null> {
  const [opened] = await models.signIn.updateManyAndReturn({
    where: { linkFingerprint: use.linkFingerprint, expiresAt: { gt: use.now }, endedAt: null },
    data: { linkFingerprint: null, tokenFingerprint: use.tokenFingerprint, expiresAt: use.expiresAt },
    select: { id: true },
  });
  return opened?.id ?? null;
}

/** A token is a credential and names its sign-in alone. Null when it is not in force. */
export async function readSignIn(tx: Tx, tokenFingerprint: string, now: Date): Promise<SignIn | null> {
  const [row] = await tx.$queryRaw<(MerchantScope & Omit<SignIn, 'scope'>)[]>`
    SELECT sign_ins.id, sign_ins.merchant_id AS "merchantId", sign_ins.environment, key_id AS "keyId", sign_ins.expires_at AS "expiresAt"
    FROM sign_ins LEFT JOIN api_keys ON api_keys.id = key_id
    WHERE token_fingerprint = ${tokenFingerprint} AND ended_at IS NULL AND sign_ins.expires_at > ${now}
      AND (key_id IS NULL OR (api_keys.id IS NOT NULL AND revoked_at IS NULL AND (api_keys.expires_at IS NULL OR api_keys.expires_at > ${now})))`;
  return row === undefined ? null : { id: row.id, scope: scopeOf(row), keyId: row.keyId, expiresAt: row.expiresAt };
}

/** The ids, among those of keys and of sign-ins, of what still opens something. */
export async function listInForce(tx: Tx, ids: readonly string[], now: Date): Promise<readonly string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH keys AS (SELECT id FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now}))
    SELECT id FROM keys WHERE id = ANY(${[...ids]}::uuid[])
    UNION ALL
    SELECT id FROM sign_ins WHERE id = ANY(${[...ids]}::uuid[]) AND ended_at IS NULL AND expires_at > ${now}
      AND (key_id IS NULL OR key_id IN (SELECT id FROM keys))`;
  return rows.map(({ id }) => id);
}

export async function saveSignOut(models: Models, tokenFingerprint: string, at: Date): Promise<void> {
  await models.signIn.updateMany({ where: { tokenFingerprint, endedAt: null }, data: { endedAt: at } });
}

export async function saveSignOuts(models: Models, { merchantId, environment }: MerchantScope, at: Date): Promise<number> {
  const { count } = await models.signIn.updateMany({
    where: { merchantId, environment, endedAt: null, expiresAt: { gt: at } },
    data: { endedAt: at },
  });
  return count;
}

/** Deletes a merchant's sign-ins that were over before then. */
export async function forgetSignIns(models: Models, merchantId: string, before: Date): Promise<void> {
  await models.signIn.deleteMany({ where: { merchantId, expiresAt: { lt: before } } });
}

export async function insertAccount(
  tx: Tx,
  account: AccountRecord,
  sealing: { vault: Vault; webhookPathSecret: string },
): Promise<void> {
  const { credentials, ...fields } = account;
  const row = {
    ...fields,
    credentials: sealing.vault.seal(credentialsOf(account), credentials),
    webhookFingerprint: sealing.vault.fingerprint(sealing.webhookPathSecret, 'webhook-path'),
    updatedAt: account.createdAt,
  };
  await tx.$executeRaw(accounts.insert(row));
}

/** Takes the default's mark from an account that is disabled. */
export async function releaseDefault(tx: Tx, scope: MerchantScope, provider: ProviderName): Promise<void> {
  const isMeant = accounts.is({ ...scopeOf(scope), provider, isDefault: true, status: 'DISABLED' });
  await tx.$executeRaw`UPDATE provider_accounts SET is_default = FALSE WHERE ${isMeant}`;
}

export async function readDefaultAccount(
  tx: Tx,
  scope: MerchantScope,
  by: { provider: ProviderName; vault: Vault },
): Promise<AccountRecord | null> {
  return findAccount(tx, by.vault, accounts.is({ ...scopeOf(scope), provider: by.provider, isDefault: true }));
}

export async function readAccount(tx: Tx, owner: Owner, by: { id: string; vault: Vault }): Promise<AccountRecord | null> {
  return findAccount(tx, by.vault, accounts.is({ ...whereOwner(owner), id: by.id }));
}

/** The one look-up that comes before a merchant is known: the secret end of a webhook path belongs to one account. */
export async function readAccountByWebhook(tx: Tx, by: { pathSecret: string; vault: Vault }): Promise<AccountRecord | null> {
  return findAccount(tx, by.vault, accounts.is({ webhookFingerprint: by.vault.fingerprint(by.pathSecret, 'webhook-path') }));
}

/** For a provider in this process, which knows an account by the id and not by our merchant. */
export async function readAccountOfProvider(
  tx: Tx,
  provider: ProviderName,
  by: { id: string; vault: Vault },
): Promise<AccountRecord | null> {
  return findAccount(tx, by.vault, accounts.is({ id: by.id, provider }));
}

async function findAccount(tx: Tx, vault: Vault, isMeant: Prisma.Sql): Promise<AccountRecord | null> {
  const [row] = await tx.$queryRaw<ProviderAccountRow[]>`
    SELECT ${accounts.columns} FROM provider_accounts WHERE ${isMeant} LIMIT 1`;
  return row === undefined ? null : toAccount(row, vault);
}

/** In the order of creation, disabled ones included. */
export async function readAccounts(
  models: Models,
  owner: Owner,
  reading: { vault: Vault; countMax: number },
): Promise<readonly AccountRecord[]> {
  const rows = await models.providerAccount.findMany({
    where: { ...whereOwner(owner) },
    orderBy: { createdAt: 'asc' },
    take: reading.countMax,
  });
  return rows.map((row) => toAccount(row, reading.vault));
}

/** Where the merchant's enabled accounts lead, of both sides, each place once. */
export async function readReaches(models: Models, merchantId: string): Promise<readonly Reach[]> {
  const rows = await models.providerAccount.findMany({
    where: { merchantId, status: 'ENABLED' },
    distinct: ['provider', 'baseUrl'],
    select: { provider: true, baseUrl: true },
    orderBy: [{ provider: 'asc' }, { baseUrl: 'asc' }],
  });
  return rows.map(({ provider, baseUrl }) => ({ provider: provider as ProviderName, baseUrl }));
}

export async function saveCredentials(
  models: Models,
  account: Pick<AccountRecord, 'id' | 'merchantId' | 'environment' | 'baseUrl' | 'credentials'>,
  sealing: { vault: Vault; at: Date },
): Promise<void> {
  const { id, merchantId, baseUrl, credentials } = account;
  const data = { baseUrl, credentials: sealing.vault.seal(credentialsOf(account), credentials), updatedAt: sealing.at };
  await models.providerAccount.updateMany({ where: { id, merchantId }, data });
}

/** Answers whether there was such an account. */
export async function saveDisabled(
  models: Models,
  merchantId: string,
  disabled: { accountId: string; at: Date },
): Promise<boolean> {
  const { count } = await models.providerAccount.updateMany({
    where: { id: disabled.accountId, merchantId },
    data: { status: 'DISABLED', updatedAt: disabled.at },
  });
  return count === 1;
}

function toMerchant({ id, publicId, name, returnOrigins, createdAt }: MerchantRow): Merchant {
  return { id, publicId, name, returnOrigins, createdAt };
}

function toKey(row: ApiKeyRow): ApiKey {
  const { id, hint, label, createdAt, expiresAt, revokedAt, lastUsedAt, merchantId } = row;
  const scope = { merchantId, environment: row.environment as Environment };
  return { id, scope, kind: row.kind as KeyKind, hint, label, createdAt, expiresAt, revokedAt, lastUsedAt };
}

function credentialsOf(row: MerchantScope & { readonly id: string }): SealedPlace {
  return { column: 'provider_accounts.credentials', row };
}

function toAccount(row: ProviderAccountRow, vault: Vault): AccountRecord {
  const { id, merchantId, label, isDefault, baseUrl, createdAt } = row;
  const environment = row.environment as Environment;
  return {
    id,
    merchantId,
    environment,
    provider: row.provider as ProviderName,
    label,
    status: row.status as AccountRecord['status'],
    isDefault,
    baseUrl,
    credentials: vault.open(credentialsOf({ id, merchantId, environment }), row.credentials) as Record<string, string>,
    createdAt,
  };
}
