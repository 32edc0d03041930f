import { putRecord } from '../record-store.ts';
import { invalid, missing, refusalReply, type StripeReply } from './errors.ts';
import { bankCallOf, replyWithIntent, type StripeCall } from './expand.ts';
import {
  clientSecretOf,
  type Intent,
  type IntentData,
  type IntentKind,
  mustReadIntent,
  readIntent,
  statusOf,
} from './intent-record.ts';
import { refusedAttempt } from './intents.ts';
import type { Parameters } from './parameters.ts';
import { intentView } from './views.ts';

/** What happens to an intent after it was made: read, confirmed by a browser, captured, canceled. */

/** The intent of the path, or the answer that there is none. A browser needs its secret too. */
async function find(call: StripeCall<{ client_secret?: string | undefined }>, kind: IntentKind): Promise<Intent | StripeReply> {
  const { deps, account, id, caller, params } = call;
  const intent = await readIntent(deps, account.id, id);
  if (intent?.record.kind !== kind) return missing(kind, id, { param: 'intent' });
  const secret = clientSecretOf(deps, intent.record);
  if (params.client_secret === secret) return intent;
  if (caller === 'server' && params.client_secret === undefined) return intent;
  const code = caller === 'browser' && params.client_secret === undefined ? 'parameter_missing' : 'resource_missing';
  return invalid('The client_secret provided does not match any associated intent on this account.', 'client_secret', code);
}

function isReply(found: Intent | StripeReply): found is StripeReply {
  return found === 'reset' || 'status' in found;
}

export async function retrieve(call: StripeCall<Parameters<'payment_intents.retrieve'>>, kind: IntentKind): Promise<StripeReply> {
  const found = await find(call, kind);
  return isReply(found) ? found : replyWithIntent(call, found);
}

/** A browser's confirmation with a card that was typed. A decline is a 402 with the intent in it. */
export async function confirm(call: StripeCall<Parameters<'payment_intents.confirm'>>, kind: IntentKind): Promise<StripeReply> {
  const { deps, account, params, caller } = call;
  const found = await find(call, kind);
  if (isReply(found)) return found;
  const data = params.payment_method_data;
  if (data === undefined || params.payment_method !== undefined)
    return invalid('The simulator confirms with payment_method_data of type card only.', 'payment_method_data');
  // Raw card numbers of a server are refused by Stripe unless the account may send them.
  if (caller === 'server')
    return invalid('Sending card numbers from a server is unsafe. Confirm from the browser, with the publishable key.');
  if (params.return_url !== undefined) await change(call, found, { returnUrl: params.return_url });
  const { number, exp_month: expMonth, exp_year, cvc } = data.card;
  const expYear = exp_year < 100 ? 2000 + exp_year : exp_year;
  const by = { accountId: account.id, paymentId: found.record.bankCode };
  const confirmed = await deps.bank.confirm(by, { number, expMonth, expYear, cvc });
  if (!confirmed.ok) {
    const view = await intentView(deps, found, caller);
    return refusalReply(confirmed.refusal, { intent: kind, view });
  }
  const intent = await mustReadIntent(call, found.record.id);
  return (await refusedAttempt(call, intent)) ?? replyWithIntent(call, intent);
}

async function change({ deps }: StripeCall<unknown>, { record }: Intent, part: Partial<IntentData>): Promise<void> {
  await putRecord(deps.database.client, { ...record, data: { ...record.data, ...part } });
}

/** Once only, all of the hold or less; the rest is released. */
export async function capture(call: StripeCall<Parameters<'payment_intents.capture'>>): Promise<StripeReply> {
  const { deps, account, operationId, params } = call;
  const found = await find({ ...call, params: {} }, 'payment_intent');
  if (isReply(found)) return found;
  if (params.final_capture === false) return invalid('This account cannot capture several times.', 'final_capture');
  const { record } = found;
  const captured = await deps.bank.capture(bankCallOf(call), {
    code: record.bankCode,
    amountMinor: BigInt(params.amount_to_capture ?? record.data.amount),
    currency: record.data.currency,
  });
  const isExecuted = captured.ok || (await deps.bank.findByOperation(account.id, operationId)) !== null;
  if (isExecuted) await change(call, found, capturePart(found, params));
  if (!captured.ok) {
    const view = await intentView(deps, found, 'server');
    const reply = refusalReply(captured.refusal, { intent: 'payment_intent', view });
    return captured.refusal.code === 'amount_too_large' ? tooLarge() : reply;
  }
  const intent = await mustReadIntent(call, found.record.id);
  if (captured.value.status === 'failed') return captureFailed(await intentView(deps, intent, 'server'));
  return replyWithIntent(call, intent);
}

function capturePart({ record }: Intent, params: Parameters<'payment_intents.capture'>): Partial<IntentData> {
  const { metadata, statement_descriptor_suffix: suffix } = params;
  return {
    ...(metadata && { metadata: { ...record.data.metadata, ...metadata } }),
    ...(suffix !== undefined && { statementDescriptorSuffix: suffix }),
  };
}

function tooLarge(): StripeReply {
  return invalid(
    'The amount_to_capture is greater than the amount that can be captured.',
    'amount_to_capture',
    'amount_too_large',
  );
}

/** Assumption: a capture that the issuer turns down is told as a card error, and the hold stays. */
function captureFailed(view: unknown): StripeReply {
  const message = 'An error occurred while capturing the payment.';
  const error = { type: 'card_error', code: 'processing_error', decline_code: 'processing_error', message, payment_intent: view };
  return { status: 402, body: { error } };
}

/** Ends what nobody paid and releases what is only held. */
export async function cancel(
  call: StripeCall<{ cancellation_reason?: string | undefined; expand: readonly string[] }>,
  kind: IntentKind,
): Promise<StripeReply> {
  const { deps, account, operationId, params } = call;
  const found = await find({ ...call, params: {} }, kind);
  if (isReply(found)) return found;
  const isRepeat = (await deps.bank.findByOperation(account.id, operationId)) !== null;
  if (!isRepeat) {
    await change(call, found, { cancellationReason: params.cancellation_reason ?? null });
    const refusal = await release(call, found);
    if (refusal !== null) return refusal;
  }
  return replyWithIntent(call, await mustReadIntent(call, found.record.id));
}

/** Null when it is canceled now. */
async function release(call: StripeCall<unknown>, intent: Intent): Promise<StripeReply | null> {
  const { deps } = call;
  const { bankCode, data, kind } = intent.record;
  const unexpected = async () =>
    refusalReply({ code: 'payment_closed', message: '' }, { intent: kind, view: await intentView(deps, intent, 'server') });
  switch (statusOf(intent)) {
    case 'succeeded':
    case 'canceled':
    case 'processing':
      return unexpected();
    case 'requires_capture': {
      const hold = { code: bankCode, amountMinor: BigInt(data.amount), currency: data.currency };
      const released = await deps.bank.void(bankCallOf(call), hold);
      return released.ok ? null : refusalReply(released.refusal, { intent: kind });
    }
    case 'requires_payment_method':
    case 'requires_action': {
      // The bank closed a declined charge itself, and there is nothing left for it to cancel.
      if (intent.statement.payment.phase === 'closed') {
        const reason = (await mustReadIntent(call, intent.record.id)).record.data.cancellationReason;
        await change(call, intent, { cancellationReason: reason, canceledAt: deps.clock.now().toISOString() });
        return null;
      }
      const canceled = await deps.bank.cancelPayment(bankCallOf(call), bankCode);
      return canceled.ok ? null : refusalReply(canceled.refusal, { intent: kind });
    }
  }
}
