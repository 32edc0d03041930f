import { newSecret } from '../../src/kernel/secret.ts';
import { addProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { webhookPathOf } from '../../src/merchants/provider-account.ts';
import type { ProviderAccount, ProviderName } from '../../src/providers/provider.ts';
import type { SimulatedAccount } from '../../src/simulator/accounts.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { type Data, must, type TestMerchant } from '../support/gateway.ts';
import { payOver, type ServedGateway } from '../support/served.ts';

interface PayableSession {
  readonly token?: string | null;
  readonly payload: Data;
}

/** A provider as the tests reach it: how the SDK names its account, and what a payer does on its side. */
export interface Lane {
  readonly provider: ProviderName;
  /** By account id: of our providers, 0.15.1 lets only NUVEI be named. */
  readonly routing: { readonly merchantTransactionProviderId: string };
  /** The payer gives a card, with nothing but what a browser has. */
  pay(session: PayableSession, card: string): Promise<unknown>;
}

export function openExampleLane(gateway: ServedGateway, merchant: TestMerchant): Lane {
  return {
    provider: 'EXAMPLE',
    routing: { merchantTransactionProviderId: merchant.accountId },
    pay: (session, card): Promise<Data> => payOver(gateway.url, session.token ?? '', card),
  };
}

interface Vendor {
  makeCredentials(): Readonly<Record<string, string>>;
  simulate(account: ProviderAccount, webhookUrl: string): SimulatedAccount;
  pay(session: PayableSession, card: string): Promise<unknown>;
}

const word = ({ credentials }: ProviderAccount, name: string): string => credentials[name] ?? '';

/** What each vendor's own browser part sends, with the token that the session has in this dialect. */
const VENDORS: Readonly<Record<'STRIPE' | 'NUVEI', Vendor>> = {
  STRIPE: {
    makeCredentials: () => ({
      secretKey: newSecret('sk_test_'),
      publishableKey: newSecret('pk_test_'),
      webhookSecret: newSecret('whsec_'),
    }),
    simulate: (account, webhookUrl) => ({
      dialect: 'STRIPE',
      id: account.id,
      webhookUrl,
      secretKey: word(account, 'secretKey'),
      publishableKey: word(account, 'publishableKey'),
      webhookSecret: word(account, 'webhookSecret'),
    }),
    pay({ token, payload }, number) {
      const [intentId] = (token ?? '').split('_secret_');
      const card = { number, exp_month: '12', exp_year: '2031', cvc: '123' };
      const form = new URLSearchParams({
        client_secret: token ?? '',
        key: payload.publishableKey,
        'payment_method_data[type]': 'card',
      });
      for (const [name, value] of Object.entries(card)) form.set(`payment_method_data[card][${name}]`, value);
      return fetch(`${payload.apiUrl}/v1/${payload.intent}_intents/${intentId}/confirm`, { method: 'POST', body: form });
    },
  },
  NUVEI: {
    makeCredentials: () => ({ merchantId: '1234567890123', merchantSiteId: '100001', merchantSecretKey: newSecret('') }),
    simulate: (account) => ({
      dialect: 'NUVEI',
      id: account.id,
      merchantId: word(account, 'merchantId'),
      merchantSiteId: word(account, 'merchantSiteId'),
      merchantSecretKey: word(account, 'merchantSecretKey'),
    }),
    pay({ token, payload }, cardNumber) {
      const { merchantId, merchantSiteId, userTokenId, savePM } = payload;
      const card = { cardNumber, cardHolderName: 'Jane Smith', expirationMonth: '12', expirationYear: '2031', CVV: '123' };
      const body = { merchantId, merchantSiteId, sessionToken: token, userTokenId, savePM, paymentOption: { card } };
      return fetch(`${payload.apiUrl}/ppp/api/v1/payment.do`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    },
  },
};

/** An account of the merchant at a simulated vendor. */
export async function openVendorLane(
  gateway: ServedGateway,
  merchant: TestMerchant,
  { provider, simulator }: { provider: 'STRIPE' | 'NUVEI'; simulator: Simulator },
): Promise<Lane> {
  const { makeCredentials, simulate, pay } = VENDORS[provider];
  const draft = { provider, label: 'simulated', baseUrl: simulator.url, credentials: makeCredentials() };
  const account = must(await addProviderAccount(gateway.app.deps, merchant.scope, draft));
  await simulator.addAccount(simulate(account, `${gateway.url}${webhookPathOf(account)}`));
  return { provider, routing: { merchantTransactionProviderId: account.id }, pay };
}
