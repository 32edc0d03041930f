import { type Part, write } from '../database/commit.ts';
import type { Tx } from '../database/database.ts';
import { tableOf } from '../database/table.ts';
import { type MerchantCode, Prisma } from '../generated/prisma/client.ts';
import type { Dialect } from '../kernel/dialect.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';

const codes = tableOf<MerchantCode>('merchant_codes', Prisma.MerchantCodeScalarFieldEnum);

/** Who a merchantInternalTransactionCode belongs to: the session or the charge that used it first. */
export interface CodeOwner {
  readonly ownerKind: 'SESSION' | 'TRANSACTION';
  readonly ownerId: string;
  /** Of the input that it came with. */
  readonly inputFingerprint: string;
}

/** A code, and the provider that it is unique for; null where it is unique for all of the merchant's providers. */
export interface CodeKey {
  readonly code: string;
  readonly provider: string | null;
}

/** AccruPay's contract has a code unique per merchant and provider; at `/graphql` it is unique per merchant. */
export function codeProvider(dialect: Dialect, provider: string): string | null {
  return dialect === 'ACCRUPAY' ? provider : null;
}

const ALL_PROVIDERS = '';

/** The row under `ALL_PROVIDERS` when the code is used for each provider apart. It belongs to no object. */
const APART = { ownerKind: 'APART', ownerId: '00000000-0000-0000-0000-000000000000', inputFingerprint: '' };

/**
 * Takes a code. Null when it was free; else its owner, and nothing is written. A code for all providers meets every use of it; a
 * code for one provider meets that for all providers and its own.
 */
export async function claimCode(tx: Tx, scope: MerchantScope, claim: CodeKey & CodeOwner): Promise<CodeOwner | null> {
  const { code, provider } = claim;
  if (provider !== null && !(await keepApart(tx, scope, code))) return findCode(tx, scope, claim);
  if (await insertCode(tx, scope, { ...claim, provider: provider ?? ALL_PROVIDERS })) return null;
  const owner = provider === null ? await findCodeLocked(tx, scope, code) : await findCode(tx, scope, claim);
  if (owner !== null) return owner;
  if (provider === null && (await takeWhole(tx, scope, claim))) return null;
  // It was given back between the two statements.
  return claimCode(tx, scope, claim);
}

/** Null when the code is free: for one provider, or, without a provider, for all. */
export async function findCode(tx: Tx, scope: MerchantScope, { code, provider }: CodeKey): Promise<CodeOwner | null> {
  const owners = await listCodeOwners(tx, scope, code);
  const met = owners.filter((owner) => provider === null || owner.provider === provider || owner.provider === ALL_PROVIDERS);
  return met.find((owner) => owner.provider === provider) ?? met[0] ?? null;
}

/** The one owner for all providers, or one for each provider. */
export async function listCodeOwners(
  tx: Tx,
  scope: MerchantScope,
  code: string,
): Promise<readonly (CodeOwner & { readonly provider: string })[]> {
  const rows = await tx.$queryRaw<MerchantCode[]>`
    SELECT ${codes.columns} FROM merchant_codes WHERE ${codes.is({ ...scopeOf(scope), code })} AND owner_kind <> ${APART.ownerKind}
    ORDER BY provider`;
  return rows.map((row) => ({ ...row, ownerKind: row.ownerKind as CodeOwner['ownerKind'] }));
}

/** Lets a code be used again, after its start was refused and nothing came of it. */
export async function freeCode(tx: Tx, scope: MerchantScope, owned: { code: string; ownerId: string }): Promise<void> {
  const { code, ownerId } = owned;
  await tx.$executeRaw`DELETE FROM merchant_codes WHERE ${codes.is({ ...scopeOf(scope), code, ownerId })}`;
}

/** False when the code belongs to one owner for all providers. Until the end of the transaction, no such owner can come. */
async function keepApart(tx: Tx, scope: MerchantScope, code: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ owner_kind: string }[]>`
    ${codes.insert({ ...scopeOf(scope), code, provider: ALL_PROVIDERS, ...APART })}
    ON CONFLICT (merchant_id, environment, code, provider) DO UPDATE SET owner_kind = merchant_codes.owner_kind
    RETURNING owner_kind`;
  return row?.owner_kind === APART.ownerKind;
}

/** Locked first, so that a call that takes the code for one provider has either committed or waits. */
async function findCodeLocked(tx: Tx, scope: MerchantScope, code: string): Promise<CodeOwner | null> {
  const where = codes.is({ ...scopeOf(scope), code, provider: ALL_PROVIDERS });
  await tx.$queryRaw`SELECT 1 FROM merchant_codes WHERE ${where} FOR UPDATE`;
  return findCode(tx, scope, { code, provider: null });
}

async function insertCode(tx: Tx, scope: MerchantScope, claim: CodeOwner & { code: string; provider: string }): Promise<boolean> {
  return (await write(tx, codePart(scope, claim))) === 1;
}

/** Takes a code for all providers, as the first part of a commit: where the code is used, nothing is written. */
export function claimPart(scope: MerchantScope, claim: CodeOwner & { code: string }): Part {
  return codePart(scope, { ...claim, provider: ALL_PROVIDERS });
}

function codePart(scope: MerchantScope, claim: CodeOwner & { code: string; provider: string }): Part {
  const { code, provider, ownerKind, ownerId, inputFingerprint } = claim;
  const row = { ...scopeOf(scope), code, provider, ownerKind, ownerId, inputFingerprint };
  return (only) => Prisma.sql`${codes.insertIf(only, row)} ON CONFLICT DO NOTHING`;
}

/** Takes a code for all providers after each provider that used it has given it back. */
async function takeWhole(tx: Tx, scope: MerchantScope, claim: CodeOwner & { code: string }): Promise<boolean> {
  const { code, ownerKind, ownerId, inputFingerprint } = claim;
  const where = codes.is({ ...scopeOf(scope), code, provider: ALL_PROVIDERS, ownerKind: APART.ownerKind });
  const count = await tx.$executeRaw`
    UPDATE merchant_codes SET ${codes.set({ ownerKind, ownerId, inputFingerprint })} WHERE ${where}`;
  return count === 1;
}
