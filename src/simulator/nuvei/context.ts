import { createHash, randomUUID } from 'node:crypto';
import type { BankCall } from '../../bank/once.ts';
import type { BankRefusal } from '../../bank/refusal.ts';
import type { NuveiAccount } from '../accounts.ts';
import type { SimulatorDeps } from '../deps.ts';
import { fail, type NuveiReply, succeed } from './errors.ts';

/** One call of an account, with its parameters read. */
export interface NuveiCall<Params> {
  readonly deps: SimulatorDeps;
  readonly account: NuveiAccount;
  readonly params: Params;
  /** Follows from `clientRequestId`, so that the bank acts once for it; another one for each call without. */
  readonly operationId: string;
  /** The call came without a checksum, from a browser that holds a session token. */
  readonly isBrowser: boolean;
}

export function operationIdOf(accountId: string, clientRequestId: string | undefined): string {
  const name = `${accountId}\nnuvei\n${clientRequestId ?? randomUUID()}`;
  return createHash('sha256').update(name).digest('hex').slice(0, 40);
}

export function bankCallOf({ account, operationId }: NuveiCall<unknown>): BankCall {
  return { accountId: account.id, operationId, key: `nuvei ${operationId}` };
}

/**
 * The bank's refusal as Nuvei tells it. Assumption: what the gateway turns down (a wrong state, too large an amount) is an accepted
 * call whose transaction is an error, and no transaction of it is kept.
 */
export function refusalReply(refusal: BankRefusal): NuveiReply {
  switch (refusal.code) {
    case 'answer_lost':
      return 'reset';
    case 'bank_error':
      return 500;
    case 'rate_limited':
      return 429;
    case 'invalid_number':
    case 'unknown_card':
      return fail('cardData');
    case 'invalid_expiry':
      return fail('expiry');
    case 'invalid_cvc':
      return fail('cvv');
    case 'key_reused':
      return fail('duplicate');
    case 'unknown_method':
      return fail('option');
    case 'payment_succeeded':
      return fail('order');
    case 'attempt_in_progress':
      return fail('busy');
    case 'payment_closed':
    case 'payment_expired':
    case 'unknown_token':
    case 'unknown_payment':
    case 'unknown_challenge':
      return fail('expired');
    case 'unknown_movement':
    case 'not_capturable':
    case 'not_voidable':
    case 'not_refundable':
    case 'amount_too_large':
    case 'wrong_currency':
      return gatewayError(refusal.code.replaceAll('_', ' '));
  }
}

export function gatewayError(reason: string): NuveiReply {
  return succeed({ transactionStatus: 'ERROR', gwErrorCode: -1100, gwErrorReason: reason, gwExtendedErrorCode: 0 });
}
