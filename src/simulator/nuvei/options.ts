import { readRecord } from '../record-store.ts';
import { bankCallOf, type NuveiCall, refusalReply } from './context.ts';
import { fail, type NuveiReply, succeed } from './errors.ts';
import { optionIdOf } from './order-record.ts';
import type { Parameters } from './parameters.ts';

/** The stored options of a user. */

/** Assumption: an option that was deleted is not listed any more. */
export async function getUserUPOs({ deps, account, params }: NuveiCall<Parameters<'getUserUPOs'>>): Promise<NuveiReply> {
  const methods = await deps.bank.listMethods(account.id, params.userTokenId);
  const paymentMethods = methods.map((method) => ({
    userPaymentOptionId: optionIdOf(method.id),
    paymentMethodName: 'cc_card',
    upoName: `****${method.last4}`,
    upoStatus: 'enabled',
    expiryDate: `${method.expYear}${String(method.expMonth).padStart(2, '0')}`,
    upoData: {
      ccCardNumber: `****${method.last4}`,
      brand: method.brand.toUpperCase(),
      ccExpMonth: String(method.expMonth).padStart(2, '0'),
      ccExpYear: String(method.expYear),
    },
  }));
  return succeed({ userTokenId: params.userTokenId, paymentMethods });
}

export async function deleteUPO(call: NuveiCall<Parameters<'deleteUPO'>>): Promise<NuveiReply> {
  const { deps, account, params } = call;
  const option = await readRecord(deps.database.client, account.id, String(params.userPaymentOptionId));
  if (option?.kind !== 'upo' || option.bankCode === null || option.reference !== params.userTokenId) return fail('option');
  const method = await deps.bank.readMethod(account.id, option.bankCode);
  if (!method.ok || method.value.isDetached) return fail('option');
  const detached = await deps.bank.detachMethod(bankCallOf(call), option.bankCode);
  return detached.ok ? succeed({ userTokenId: params.userTokenId }) : refusalReply(detached.refusal);
}
