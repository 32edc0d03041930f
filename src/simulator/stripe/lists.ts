import { SECOND_MS } from '../../kernel/clock.ts';
import { given } from '../../kernel/given.ts';
import { type KeptRecord, listRecords, type RecordQuery, readRecord, type VendorRecord } from '../record-store.ts';
import { missing, reachedIssuer, reply, type StripeReply } from './errors.ts';
import { expanderOf, expandList, type StripeCall, unexpandable } from './expand.ts';
import { attemptsOf, type IntentData, type IntentKind, readIntent, withStatement } from './intent-record.ts';
import { type DisputeData, disputeView, findCharge, type RefundData, toRefund } from './objects.ts';
import type { Parameters } from './parameters.ts';
import { chargeView, intentView, registerParts, type View } from './views.ts';

/** Lists, newest first, by pages. What was turned down half-way is in none. */

type PageParams = Omit<Parameters<'charges.list'>, 'customer' | 'payment_intent'>;

/** A list is read to this depth: enough for every test, and an end. */
const RECORDS_MAX = 5000;
const READ_AT_ONCE = 200;

export async function listIntents(
  call: StripeCall<PageParams & { readonly customer?: string | undefined; readonly payment_method?: string | undefined }>,
  kind: IntentKind,
): Promise<StripeReply> {
  const { deps, account, params } = call;
  const query = {
    accountId: account.id,
    kinds: [kind],
    ...createdRange(params),
    ...(params.customer && { reference: params.customer }),
  };
  return listPage(call, `/v1/${kind}s`, {
    query,
    async view(record: VendorRecord<IntentData>) {
      const intent = await withStatement(deps, record);
      if (intent === null) return null;
      const view = await intentView(deps, intent, 'server');
      return params.payment_method === undefined || view['payment_method'] === params.payment_method ? view : null;
    },
  });
}

export async function listRefunds(call: StripeCall<Parameters<'refunds.list'>>): Promise<StripeReply> {
  const { deps } = call;
  return listOfPayment(call, '/v1/refunds', {
    kind: 'refund',
    view: (record: VendorRecord<RefundData>) => toRefund(deps, record),
  });
}

/** Of one charge or one payment intent, or all (stripe 23.1.0, DisputeListParams, 2026-11). */
export async function listDisputes(call: StripeCall<Parameters<'disputes.list'>>): Promise<StripeReply> {
  return listOfPayment(call, '/v1/disputes', {
    kind: 'dispute',
    view: async (record: VendorRecord<DisputeData>) => disputeView(record),
  });
}

async function listOfPayment<Data>(
  call: StripeCall<Parameters<'refunds.list' | 'disputes.list'>>,
  url: string,
  { kind, view }: { kind: 'refund' | 'dispute'; view: (record: VendorRecord<Data>) => Promise<View | null> },
): Promise<StripeReply> {
  const { deps, account, params } = call;
  const ofCharge = params.charge === undefined ? null : await findCharge(deps, account.id, params.charge);
  if (params.charge !== undefined && ofCharge === null) return missing('charge', params.charge, { status: 400, param: 'charge' });
  if (params.payment_intent !== undefined && (await readIntent(deps, account.id, params.payment_intent)) === null)
    return missing('payment_intent', params.payment_intent, { status: 400, param: 'payment_intent' });
  const reference = params.payment_intent ?? ofCharge?.intent.record.id;
  const query = { accountId: account.id, kinds: [kind], ...createdRange(params), ...(reference && { reference }) };
  return listPage(call, url, { query, view });
}

export async function listCharges(call: StripeCall<Parameters<'charges.list'>>): Promise<StripeReply> {
  const { deps, account, params } = call;
  if (params.payment_intent !== undefined) {
    const intent = await readIntent(deps, account.id, params.payment_intent);
    if (intent === null) return missing('payment_intent', params.payment_intent, { status: 400, param: 'payment_intent' });
    await registerParts(deps, intent);
    const charged = attemptsOf(intent).filter(({ movement }) => reachedIssuer(movement));
    const views = await Promise.all(charged.toReversed().map((entry) => chargeView(deps, intent, entry)));
    return toPage(call, '/v1/charges', views);
  }
  const query = { accountId: account.id, kinds: ['charge'], ...createdRange(params) };
  return listPage(call, '/v1/charges', {
    query,
    async view(record: VendorRecord) {
      const charge = await findCharge(deps, account.id, record.id);
      const isMeant =
        charge !== null && (params.customer === undefined || charge.intent.record.data.customer === params.customer);
      return isMeant ? chargeView(deps, charge.intent, charge.entry) : null;
    },
  });
}

/** `created` counts whole seconds. */
function createdRange({ created }: PageParams): Pick<RecordQuery, 'createdFrom' | 'createdBefore'> {
  const at = (second: number) => new Date(second * SECOND_MS);
  const from = created?.gte ?? (created?.gt === undefined ? undefined : created.gt + 1);
  const before = created?.lt ?? (created?.lte === undefined ? undefined : created.lte + 1);
  return given({
    createdFrom: from === undefined ? null : at(from),
    createdBefore: before === undefined ? null : at(before),
  });
}

interface Listed<Data> {
  readonly query: RecordQuery;
  view(record: VendorRecord<Data>): Promise<View | null>;
}

async function listPage<Data>(call: StripeCall<PageParams>, url: string, { query, view }: Listed<Data>): Promise<StripeReply> {
  const { deps, account, params } = call;
  const after =
    params.starting_after === undefined ? undefined : await readRecord(deps.database.client, account.id, params.starting_after);
  if (after === null) return missing('object', params.starting_after ?? '', { status: 400, param: 'starting_after' });
  const views: View[] = [];
  let last: Pick<KeptRecord, 'position'> | undefined = after;
  for (let read = 0; read < RECORDS_MAX; read += READ_AT_ONCE) {
    const records: readonly KeptRecord<Data>[] = await listRecords<Data>(
      deps.database.client,
      { ...query, ...(last && { after: last }) },
      READ_AT_ONCE,
    );
    for (const record of records) {
      const shown = await view(record);
      if (shown !== null) views.push(shown);
      if (views.length > params.limit && params.ending_before === undefined) break;
    }
    last = records.at(-1);
    const isEnough = views.length > params.limit && params.ending_before === undefined;
    if (isEnough || records.length < READ_AT_ONCE) break;
  }
  return toPage({ ...call, params: { ...params, starting_after: undefined } }, url, views);
}

/** @param views newest first, from the first that may be on the page */
async function toPage(call: StripeCall<PageParams>, url: string, views: readonly View[]): Promise<StripeReply> {
  const { limit, expand, starting_after: after, ending_before: before, created } = call.params;
  const from = after === undefined ? 0 : views.findIndex(({ id }) => id === after) + 1;
  const until = before === undefined ? views.length : views.findIndex(({ id }) => id === before);
  const rest = views.slice(from, until).filter((view) => created === undefined || isWithin(view, created));
  const page = before === undefined ? rest.slice(0, limit) : rest.slice(-limit);
  const data = await expandList(expanderOf(call), page, expand);
  if (data === null) return unexpandable(expand);
  return reply({ object: 'list', data, has_more: rest.length > limit, url });
}

function isWithin(view: View, created: NonNullable<PageParams['created']>): boolean {
  const at = Number(view['created']);
  const { gt = -1, gte = 0, lt = Infinity, lte = Infinity } = created;
  return at > gt && at >= gte && at < lt && at <= lte;
}
