import { randomBytes } from 'node:crypto';
import { violatedUnique } from '../database/violation.ts';
import { newId } from '../kernel/ids.ts';
import { refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { Deps } from './deps.ts';
import { isReturnOrigin, type Merchant, type NewMerchant, RETURN_ORIGIN_RULE } from './merchant.ts';
import { insertMerchant } from './store.ts';

/** Creates a merchant, without keys and accounts. Refuses a public id that is taken, and what is no return origin. */
export async function createMerchant(deps: Pick<Deps, 'database' | 'clock'>, input: NewMerchant): Promise<Result<Merchant>> {
  const wrong = input.returnOrigins.find((origin) => !isReturnOrigin(origin));
  if (wrong !== undefined) return refused(refusal('BAD_USER_INPUT', `The return origin ${wrong} ${RETURN_ORIGIN_RULE}.`));
  const createdAt = deps.clock.now();
  const publicId = input.publicId ?? `mer_${randomBytes(9).toString('hex')}`;
  const merchant: Merchant = { ...input, id: newId(createdAt), publicId, createdAt };
  try {
    await insertMerchant(deps.database.client, merchant);
  } catch (error) {
    if (violatedUnique(error) !== 'merchants_public_id_key') throw error;
    return refused(refusal('BAD_USER_INPUT', `A merchant with the public id ${publicId} exists already. Choose another one.`));
  }
  return ok(merchant);
}
