import type { Tx } from '../database/database.ts';
import type {
  ApiKey as ApiKeyRow,
  Merchant as MerchantRow,
  ProviderAccount as ProviderAccountRow,
} from '../generated/prisma/client.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Vault } from '../kernel/secret.ts';
import type { Environment, ProviderName } from '../providers/provider.ts';
import type { ApiKey, KeyKind } from './keys.ts';
import type { Merchant } from './merchants.ts';
import type { AccountRecord, Reach } from './provider-accounts.ts';
import type { SignIn } from './sign-in.ts';

export async function insertMerchant(tx: Tx, merchant: Merchant): Promise<void> {
  await tx.merchant.create({ data: { ...merchant, returnOrigins: [...merchant.returnOrigins], updatedAt: merchant.createdAt } });
}

export async function readMerchant(tx: Tx, by: { id: string } | { publicId: string }): Promise<Merchant | null> {
  const row = await tx.merchant.findUnique({ where: by });
  return row === null ? null : toMerchant(row);
}

/** In the order of creation. */
export async function readMerchants(tx: Tx, countMax: number): Promise<readonly Merchant[]> {
  return (await tx.merchant.findMany({ orderBy: { id: 'asc' }, take: countMax })).map(toMerchant);
}

export async function insertKey(tx: Tx, key: ApiKey, fingerprint: string): Promise<void> {
  const { scope, ...fields } = key;
  await tx.apiKey.create({ data: { ...fields, ...scope, fingerprint } });
}

/** The one look-up that comes before a merchant is known: the fingerprint of a key belongs to one merchant. */
export async function readKeyByFingerprint(tx: Tx, fingerprint: string): Promise<ApiKey | null> {
  const row = await tx.apiKey.findUnique({ where: { fingerprint } });
  return row === null ? null : toKey(row);
}

/** Newest first, revoked ones included. */
export async function readKeys(tx: Tx, owner: Owner, countMax: number): Promise<readonly ApiKey[]> {
  const orderBy = [{ createdAt: 'desc' }, { id: 'desc' }] as const;
  return (await tx.apiKey.findMany({ where: whereOwner(owner), orderBy: [...orderBy], take: countMax })).map(toKey);
}

export async function countKeysInForce(tx: Tx, scope: MerchantScope, now: Date): Promise<number> {
  return tx.apiKey.count({
    where: { ...scopeOf(scope), revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] },
  });
}

/** The key as it is now; null when there is none. `isNew` tells whether this ended it: the time of an earlier revocation stays. */
export async function saveRevocation(
  tx: Tx,
  owner: Owner,
  revoked: { keyId: string; at: Date },
): Promise<{ key: ApiKey; isNew: boolean } | null> {
  const where = { ...whereOwner(owner), id: revoked.keyId };
  const { count } = await tx.apiKey.updateMany({ where: { ...where, revokedAt: null }, data: { revokedAt: revoked.at } });
  const row = await tx.apiKey.findFirst({ where });
  return row === null ? null : { key: toKey(row), isNew: count === 1 };
}

/** A merchant, both sides or one. */
export interface Owner {
  readonly merchantId: string;
  readonly environment?: Environment;
}

/** An undefined value would mean every side by accident, and further fields of the owner another question. */
function whereOwner({ merchantId, environment }: Owner): { merchantId: string; environment?: Environment } {
  return environment === undefined ? { merchantId } : { merchantId, environment };
}

export async function saveLastUse(tx: Tx, merchantId: string, used: { keyId: string; at: Date }): Promise<void> {
  await tx.apiKey.updateMany({ where: { id: used.keyId, merchantId }, data: { lastUsedAt: used.at } });
}

export async function insertSignIn(
  tx: Tx,
  { scope, ...signIn }: SignIn,
  made: { createdAt: Date } & ({ tokenFingerprint: string } | { linkFingerprint: string }),
): Promise<void> {
  await tx.signIn.create({ data: { ...signIn, ...scopeOf(scope), ...made } });
}

/** Spends a link and answers its sign-in's id: null when it is unknown, spent, ended or expired. The link itself is the right to do so. */
export async function openSignIn(
  tx: Tx,
  use: { linkFingerprint: string; tokenFingerprint: string; expiresAt: Date; now: Date },
): Promise<string | null> {
  const [opened] = await tx.signIn.updateManyAndReturn({
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

export async function saveSignOut(tx: Tx, tokenFingerprint: string, at: Date): Promise<void> {
  await tx.signIn.updateMany({ where: { tokenFingerprint, endedAt: null }, data: { endedAt: at } });
}

export async function saveSignOuts(tx: Tx, { merchantId, environment }: MerchantScope, at: Date): Promise<number> {
  const { count } = await tx.signIn.updateMany({
    where: { merchantId, environment, endedAt: null, expiresAt: { gt: at } },
    data: { endedAt: at },
  });
  return count;
}

/** Deletes a merchant's sign-ins that were over before then. */
export async function forgetSignIns(tx: Tx, merchantId: string, before: Date): Promise<void> {
  await tx.signIn.deleteMany({ where: { merchantId, expiresAt: { lt: before } } });
}

export async function insertAccount(
  tx: Tx,
  account: AccountRecord,
  sealing: { vault: Vault; webhookPathSecret: string },
): Promise<void> {
  const { credentials, ...fields } = account;
  await tx.providerAccount.create({
    data: {
      ...fields,
      credentials: sealing.vault.seal(credentials),
      webhookFingerprint: sealing.vault.fingerprint(sealing.webhookPathSecret),
      updatedAt: account.createdAt,
    },
  });
}

/** Takes the default's mark from an account that is disabled. */
export async function releaseDefault(tx: Tx, scope: MerchantScope, provider: ProviderName): Promise<void> {
  await tx.providerAccount.updateMany({
    where: { ...scope, provider, isDefault: true, status: 'DISABLED' },
    data: { isDefault: false },
  });
}

export async function readDefaultAccount(
  tx: Tx,
  scope: MerchantScope,
  by: { provider: ProviderName; vault: Vault },
): Promise<AccountRecord | null> {
  const row = await tx.providerAccount.findFirst({ where: { ...scope, provider: by.provider, isDefault: true } });
  return row === null ? null : toAccount(row, by.vault);
}

export async function readAccount(tx: Tx, owner: Owner, by: { id: string; vault: Vault }): Promise<AccountRecord | null> {
  const row = await tx.providerAccount.findFirst({ where: { ...whereOwner(owner), id: by.id } });
  return row === null ? null : toAccount(row, by.vault);
}

/** The one look-up that comes before a merchant is known: the secret end of a webhook path belongs to one account. */
export async function readAccountByWebhook(tx: Tx, by: { pathSecret: string; vault: Vault }): Promise<AccountRecord | null> {
  const webhookFingerprint = by.vault.fingerprint(by.pathSecret);
  const row = await tx.providerAccount.findUnique({ where: { webhookFingerprint } });
  return row === null ? null : toAccount(row, by.vault);
}

/** Of the built-in provider only: its bank knows an account by the id and not by our merchant. */
export async function readExampleAccount(tx: Tx, by: { id: string; vault: Vault }): Promise<AccountRecord | null> {
  const row = await tx.providerAccount.findFirst({ where: { id: by.id, provider: 'EXAMPLE' } });
  return row === null ? null : toAccount(row, by.vault);
}

/** Any account's credentials as they are stored, to try a key on; of no merchant in particular, and never opened further. */
export async function readSealedSample(tx: Tx): Promise<Uint8Array | null> {
  return (await tx.providerAccount.findFirst({ select: { credentials: true } }))?.credentials ?? null;
}

/** In the order of creation, disabled ones included. */
export async function readAccounts(
  tx: Tx,
  owner: Owner,
  reading: { vault: Vault; countMax: number },
): Promise<readonly AccountRecord[]> {
  const rows = await tx.providerAccount.findMany({
    where: whereOwner(owner),
    orderBy: { createdAt: 'asc' },
    take: reading.countMax,
  });
  return rows.map((row) => toAccount(row, reading.vault));
}

/** Where the merchant's enabled accounts lead, of both sides, each place once. */
export async function readReaches(tx: Tx, merchantId: string): Promise<readonly Reach[]> {
  const rows = await tx.providerAccount.findMany({
    where: { merchantId, status: 'ENABLED' },
    distinct: ['provider', 'baseUrl'],
    select: { provider: true, baseUrl: true },
    orderBy: [{ provider: 'asc' }, { baseUrl: 'asc' }],
  });
  return rows.map(({ provider, baseUrl }) => ({ provider: provider as ProviderName, baseUrl }));
}

export async function saveCredentials(
  tx: Tx,
  account: Pick<AccountRecord, 'id' | 'merchantId' | 'baseUrl' | 'credentials'>,
  sealing: { vault: Vault; at: Date },
): Promise<void> {
  const { id, merchantId, baseUrl, credentials } = account;
  const data = { baseUrl, credentials: sealing.vault.seal(credentials), updatedAt: sealing.at };
  await tx.providerAccount.updateMany({ where: { id, merchantId }, data });
}

/** Answers whether there was such an account. */
export async function saveDisabled(tx: Tx, merchantId: string, disabled: { accountId: string; at: Date }): Promise<boolean> {
  const { count } = await tx.providerAccount.updateMany({
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

function toAccount(row: ProviderAccountRow, vault: Vault): AccountRecord {
  const { id, merchantId, label, isDefault, baseUrl, createdAt } = row;
  return {
    id,
    merchantId,
    environment: row.environment as Environment,
    provider: row.provider as ProviderName,
    label,
    status: row.status as AccountRecord['status'],
    isDefault,
    baseUrl,
    credentials: vault.open(row.credentials) as Record<string, string>,
    createdAt,
  };
}
