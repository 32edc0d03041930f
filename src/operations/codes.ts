import type { Tx } from '../database/database.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';

/** Who a merchantInternalTransactionCode belongs to: the session or the charge that used it first. */
export interface CodeOwner {
  readonly ownerKind: 'SESSION' | 'TRANSACTION';
  readonly ownerId: string;
  /** Of the input that it came with. */
  readonly inputFingerprint: string;
}

/** Takes a code. Null when it was free; else its owner, and nothing is written. */
export async function claimCode(tx: Tx, scope: MerchantScope, claim: { code: string } & CodeOwner): Promise<CodeOwner | null> {
  const { merchantId, environment } = scope;
  const count = await tx.$executeRaw`
    INSERT INTO merchant_codes (merchant_id, environment, code, owner_kind, owner_id, input_fingerprint)
    VALUES (${merchantId}::uuid, ${environment}, ${claim.code}, ${claim.ownerKind}, ${claim.ownerId}::uuid, ${claim.inputFingerprint})
    ON CONFLICT DO NOTHING`;
  return count === 1 ? null : findCode(tx, scope, claim.code);
}

export async function findCode(tx: Tx, scope: MerchantScope, code: string): Promise<CodeOwner | null> {
  const row = await tx.merchantCode.findUnique({ where: { merchantId_environment_code: { ...scopeOf(scope), code } } });
  return row === null ? null : { ...row, ownerKind: row.ownerKind as CodeOwner['ownerKind'] };
}

/** Lets a code be used again, after its start was refused and nothing came of it. */
export async function freeCode(tx: Tx, scope: MerchantScope, owned: { code: string; ownerId: string }): Promise<void> {
  await tx.merchantCode.deleteMany({ where: { ...scopeOf(scope), ...owned } });
}
