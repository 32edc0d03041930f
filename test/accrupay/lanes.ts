import { CARDS, type Data, type TestMerchant } from '../support/gateway.ts';
import { payOver, type ServedGateway } from '../support/served.ts';

/** A provider as the tests reach it: how the SDK names its account, and what a payer does on its side. */
export interface Lane {
  readonly provider: 'EXAMPLE' | 'NUVEI' | 'STRIPE';
  /** By account id: of our providers, 0.15.1 lets only NUVEI be named. */
  readonly routing: { readonly merchantTransactionProviderId: string };
  /** The payer gives a card, with nothing but what a browser has. */
  pay(session: { token?: string | null; action: string }, card: string): Promise<unknown>;
}

export function exampleLane(gateway: ServedGateway, merchant: TestMerchant): Lane {
  return {
    provider: 'EXAMPLE',
    routing: { merchantTransactionProviderId: merchant.accountId },
    pay: (session, card): Promise<Data> => payOver(gateway.url, session.token ?? '', card),
  };
}

export { CARDS };
