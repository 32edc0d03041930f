import type { SimulatorDeps } from '../deps.ts';
import { cancel, capture, confirm, retrieve } from './confirm.ts';
import { createCustomer, detachMethod, updateCustomer } from './customers.ts';
import { missing, reply, type StripeReply } from './errors.ts';
import type { StripeCall } from './expand.ts';
import { replyWith } from './expand.ts';
import { createPayment, createSetup } from './intents.ts';
import { listCharges, listDisputes, listIntents, listRefunds } from './lists.ts';
import { methodView } from './method-view.ts';
import { chargeById, customerById, disputeById, refundById } from './objects.ts';
import type { CallName, Parameters } from './parameters.ts';
import { createRefund } from './refunds.ts';
import type { View } from './views.ts';

/** The calls that are served, by method and path. */

export interface Route {
  readonly method: 'GET' | 'POST';
  /** The one group is the id. */
  readonly path: RegExp;
  readonly name: CallName;
  /** A browser may call it with the publishable key and the intent's client secret. */
  readonly isForBrowsers: boolean;
  readonly run: (call: StripeCall<unknown>) => Promise<StripeReply>;
}

function route<Name extends CallName>(
  pattern: `${'GET' | 'POST'} ${string}`,
  name: Name,
  run: (call: StripeCall<Parameters<Name>>) => Promise<StripeReply>,
): Route {
  const [method, path = ''] = pattern.split(' ');
  return {
    method: method as Route['method'],
    path: new RegExp(`^/v1/${path.replace(':id', '([^/]+)')}$`),
    name,
    isForBrowsers: /_intents\.(retrieve|confirm)$/.test(name),
    // The parameters were read by the schema of that name.
    run: (call) => run(call as StripeCall<Parameters<Name>>),
  };
}

type Fetch = (deps: SimulatorDeps, accountId: string, id: string) => Promise<View | null>;

function fetcher(what: string, fetch: Fetch) {
  return async (call: StripeCall<{ readonly expand: readonly string[] }>): Promise<StripeReply> => {
    const view = await fetch(call.deps, call.account.id, call.id);
    return view === null ? missing(what, call.id) : replyWith(call, view);
  };
}

export const ROUTES: readonly Route[] = [
  route('POST payment_intents', 'payment_intents.create', createPayment),
  route('GET payment_intents', 'payment_intents.list', (call) => listIntents(call, 'payment_intent')),
  route('GET payment_intents/:id', 'payment_intents.retrieve', (call) => retrieve(call, 'payment_intent')),
  route('POST payment_intents/:id/confirm', 'payment_intents.confirm', (call) => confirm(call, 'payment_intent')),
  route('POST payment_intents/:id/capture', 'payment_intents.capture', capture),
  route('POST payment_intents/:id/cancel', 'payment_intents.cancel', (call) => cancel(call, 'payment_intent')),
  route('POST setup_intents', 'setup_intents.create', createSetup),
  route('GET setup_intents', 'setup_intents.list', (call) => listIntents(call, 'setup_intent')),
  route('GET setup_intents/:id', 'setup_intents.retrieve', (call) => retrieve(call, 'setup_intent')),
  route('POST setup_intents/:id/confirm', 'setup_intents.confirm', (call) => confirm(call, 'setup_intent')),
  route('POST setup_intents/:id/cancel', 'setup_intents.cancel', (call) => cancel(call, 'setup_intent')),
  route('POST customers', 'customers.create', createCustomer),
  route('GET customers/:id', 'customers.retrieve', fetcher('customer', customerById)),
  route('POST customers/:id', 'customers.update', updateCustomer),
  route('POST refunds', 'refunds.create', createRefund),
  route('GET refunds', 'refunds.list', listRefunds),
  route('GET refunds/:id', 'refunds.retrieve', fetcher('refund', refundById)),
  route('GET charges', 'charges.list', listCharges),
  route('GET charges/:id', 'charges.retrieve', fetcher('charge', chargeById)),
  route('GET payment_methods/:id', 'payment_methods.retrieve', fetcher('PaymentMethod', methodView)),
  route('POST payment_methods/:id/detach', 'payment_methods.detach', detachMethod),
  route('GET disputes', 'disputes.list', listDisputes),
  route('GET disputes/:id', 'disputes.retrieve', fetcher('dispute', disputeById)),
  route('GET balance', 'balance.retrieve', async () =>
    reply({ object: 'balance', available: [], connect_reserved: [], livemode: false, pending: [] }),
  ),
  route('GET account', 'account.retrieve', async ({ account }) =>
    reply({
      id: `acct_${account.id.replaceAll('-', '').slice(0, 16)}`,
      object: 'account',
      charges_enabled: true,
      livemode: false,
    }),
  ),
];
