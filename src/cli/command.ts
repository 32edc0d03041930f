import { z } from 'zod';
import { refusal } from '../kernel/refusal.ts';
import { type Result, refused } from '../kernel/result.ts';
import { findMerchantByName } from '../merchants/find-merchant.ts';
import type { Merchant } from '../merchants/merchant.ts';
import { ENVIRONMENTS } from '../providers/provider.ts';
import type { Runtime } from './runtime.ts';

/** What the command line can do. It runs in the process that owns the database, whichever that is. */
export interface Command {
  run(runtime: Runtime, input: unknown): Promise<Result<unknown>>;
}

/** What most commands are about, as their inputs name it. */
export const ofSide = { merchant: z.string().min(1), environment: z.enum(ENVIRONMENTS) } as const;

/** A command that refuses an input of another shape. */
export function command<Input>(
  schema: z.ZodType<Input>,
  run: (runtime: Runtime, input: Input) => Promise<Result<unknown>>,
): Command {
  return {
    async run(runtime, input) {
      const parsed = schema.safeParse(input);
      if (parsed.success) return run(runtime, parsed.data);
      return bad(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
    },
  };
}

/** Runs for the merchant of this id or public id, and refuses where there is none. */
export async function ofMerchant<T>(
  deps: Runtime['app']['deps'],
  idOrPublicId: string,
  run: (merchant: Merchant) => Promise<Result<T>>,
): Promise<Result<T>> {
  const found = await findMerchantByName(deps, idOrPublicId);
  return found === null ? bad(`There is no merchant ${idOrPublicId}. Run \`tollgate merchant list\`.`) : run(found);
}

export function bad(message: string) {
  return refused(refusal('BAD_USER_INPUT', message));
}
