import { movementIdOf } from '../../bank/ids.ts';
import { wordId } from '../ids.ts';
import { keepRecord, listRecords, readRecord } from '../record-store.ts';
import { fail, invalid, missing, refusalReply, type StripeReply } from './errors.ts';
import { bankCallOf, replyWith, type StripeCall } from './expand.ts';
import { type Intent, readIntent, receivedOf, sumOf } from './intent-record.ts';
import { type DisputeData, findCharge, paidAttempt, type RefundData, refundById } from './objects.ts';
import type { Parameters } from './parameters.ts';

type CreateRefund = StripeCall<Parameters<'refunds.create'>>;

/** Gives back all that is left, or a part. */
export async function createRefund(call: CreateRefund): Promise<StripeReply> {
  const { deps, account, operationId, params } = call;
  const intent = await findRefunded(call);
  if (intent === null) {
    const [what, id, param] = named(params);
    return id === undefined
      ? invalid('One of payment_intent or charge is required.', 'payment_intent', 'parameter_missing')
      : missing(what, id, { status: 400, param });
  }
  const id = wordId('re_', account.id, operationId);
  const earlier = await readRecord<RefundData>(deps.database.client, account.id, id);
  const left = receivedOf(intent) - sumOf(intent, 'REFUND');
  const amount = params.amount ?? earlier?.data.amount ?? left;
  const isRepeat = (await deps.bank.findByOperation(account.id, operationId)) !== null;
  const refusal = isRepeat ? null : await refuse(call, intent, { amount, left });
  if (refusal !== null) return refusal;
  const { bankCode, data: paid } = intent.record;
  const data: RefundData = { amount, reason: params.reason ?? null, metadata: params.metadata };
  const reference = intent.record.id;
  await keepRecord(call, { id, kind: 'refund', bankCode: movementIdOf(bankCode, operationId), reference, data });
  const money = { code: bankCode, amountMinor: BigInt(amount), currency: paid.currency };
  const refunded = await deps.bank.refund(bankCallOf(call), money);
  if (!refunded.ok) return refusalReply(refunded.refusal, { intent: 'payment_intent' });
  const view = await refundById(deps, account.id, id);
  if (view === null) throw new Error(`The refund ${id} was just made.`);
  return replyWith(call, view);
}

function named(params: CreateRefund['params']): readonly [what: string, id: string | undefined, param: string] {
  return params.charge === undefined
    ? ['payment_intent', params.payment_intent, 'payment_intent']
    : ['charge', params.charge, 'charge'];
}

async function findRefunded({ deps, account, params }: CreateRefund): Promise<Intent | null> {
  if (params.charge !== undefined) return (await findCharge(deps, account.id, params.charge))?.intent ?? null;
  if (params.payment_intent === undefined) return null;
  const intent = await readIntent(deps, account.id, params.payment_intent);
  return intent?.record.kind === 'payment_intent' ? intent : null;
}

async function refuse(
  call: CreateRefund,
  intent: Intent,
  { amount, left }: { amount: number; left: number },
): Promise<StripeReply | null> {
  const received = receivedOf(intent);
  if (received === 0)
    return invalid(
      'This PaymentIntent has no successful charge that was captured.',
      'payment_intent',
      'payment_intent_unexpected_state',
    );
  if (await isDisputed(call, intent))
    return fail(400, {
      type: 'invalid_request_error',
      code: 'charge_disputed',
      message: 'The charge is disputed and cannot be refunded.',
    });
  if (left <= 0)
    return fail(400, {
      type: 'invalid_request_error',
      code: 'charge_already_refunded',
      message: 'The charge has already been refunded.',
    });
  // Assumption on the code: Stripe's sentence is sure, its code is not.
  return amount <= left
    ? null
    : invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left}).`, 'amount', 'amount_too_large');
}

async function isDisputed({ deps, account }: CreateRefund, intent: Intent): Promise<boolean> {
  const bankCode = paidAttempt(intent)?.id;
  if (bankCode === undefined) return false;
  const disputes = await listRecords<DisputeData>(deps.database.client, { accountId: account.id, kinds: ['dispute'], bankCode });
  return disputes.some(({ data }) => data.status !== 'won');
}
