import {
  BaseConfigDocument,
  CancelClientSessionDocument,
  ChargePaymentMethodDocument,
  type ChargePaymentMethodInput,
  ClientSessionDocument,
  ClientSessionsDocument,
  type ClientSessionsQueryVariables,
  EraseClientSessionDocument,
  RefundTransactionDocument,
  SettleAuthorizationDocument,
  StartAddPaymentMethodSessionDocument,
  type StartAddPaymentMethodSessionInput,
  StartAuthorizationSessionDocument,
  type StartAuthorizationSessionInput,
  StartPaymentSessionDocument,
  type StartPaymentSessionInput,
  SyncTransactionDocument,
  TransactionDocument,
  TransactionsDocument,
  type TransactionsQueryVariables,
  VerifyAddPaymentMethodSessionDocument,
  VerifyAuthorizationSessionDocument,
  VerifyPaymentSessionDocument,
  VoidAuthorizationDocument,
  VoidTransactionDocument,
} from '../generated/graphql.ts';
import {
  type ProviderChoice,
  type SessionChoice,
  type TransactionChoice,
  toProviderSelector,
  toSessionSelector,
  toTransactionSelector,
} from './selectors.ts';
import type { Send } from './transport.ts';

/** What a call on a transaction may carry besides its selector. */
export interface Keyed {
  /** The same key with the same input does nothing twice. The client makes one when it is left out. */
  readonly idempotencyKey?: string | undefined;
}

type Start<Data> = ProviderChoice & { readonly data: Data };

/** The calls under `client.transactions`. */
export type Transactions = ReturnType<typeof createTransactions>;

export function createTransactions(send: Send) {
  return {
    clientSessions: createClientSessions(send),
    /** What becomes of held money. */
    authorizations: {
      /** Takes held money: all of it, or `amount` with the rest released. Answers the settle transaction. */
      settle: async (input: TransactionChoice & Keyed & { readonly amount?: bigint | undefined }) => {
        const variables = { by: toTransactionSelector(input), amount: input.amount ?? null, idempotencyKey: keyOf(input) };
        return (await send(SettleAuthorizationDocument, variables)).settleAuthorization;
      },
      /** Releases held money. Answers the void transaction. */
      void: async (input: TransactionChoice & Keyed) => {
        const variables = { by: toTransactionSelector(input), idempotencyKey: keyOf(input) };
        return (await send(VoidAuthorizationDocument, variables)).voidAuthorization;
      },
    },
    payments: {
      paymentMethod: {
        /** Charges a stored payment method without the payer. A decline is a status of the answer. */
        charge: async (input: { readonly data: ChargePaymentMethodInput }) =>
          (await send(ChargePaymentMethodDocument, { data: input.data })).chargePaymentMethod,
      },
    },
    /** One transaction, by exactly one of its names. */
    getOne: async (choice: TransactionChoice) =>
      (await send(TransactionDocument, { by: toTransactionSelector(choice) })).transaction,
    /** A page of transactions, newest first unless sorted otherwise, and how many there are in all. */
    getMany: async (query: TransactionsQueryVariables = {}) => {
      const { edges, pageInfo, totalCount } = (await send(TransactionsDocument, query)).transactions;
      return { data: edges.map((edge) => edge.node), total: totalCount, pageInfo };
    },
    /** Gives taken money back: all that is left, or `amount`. Answers the refund transaction. */
    refundOne: async (
      input: TransactionChoice & Keyed & { readonly amount?: bigint | undefined; readonly reason?: string | undefined },
    ) => {
      const variables = {
        by: toTransactionSelector(input),
        amount: input.amount ?? null,
        reason: input.reason ?? null,
        idempotencyKey: keyOf(input),
      };
      return (await send(RefundTransactionDocument, variables)).refundTransaction;
    },
    /** Undoes an authorization or a payment that is not yet paid out. Answers the void transaction. */
    voidOne: async (input: TransactionChoice & Keyed) => {
      const variables = { by: toTransactionSelector(input), idempotencyKey: keyOf(input) };
      return (await send(VoidTransactionDocument, variables)).voidTransaction;
    },
    /** Asks the provider what became of a transaction, and answers it as it is now. */
    syncOne: async (choice: TransactionChoice) =>
      (await send(SyncTransactionDocument, { by: toTransactionSelector(choice) })).syncTransaction,
  };
}

function createClientSessions(send: Send) {
  return {
    /** What a browser may load before a session exists. */
    getBaseConfig: async (choice: ProviderChoice) =>
      (await send(BaseConfigDocument, { provider: toProviderSelector(choice) })).baseConfig,
    /** One session, by exactly one of its names. */
    getOne: async (choice: SessionChoice) => (await send(ClientSessionDocument, { by: toSessionSelector(choice) })).clientSession,
    /** A page of sessions, newest first unless sorted otherwise, and how many there are in all. */
    getMany: async (query: ClientSessionsQueryVariables = {}) => {
      const { edges, pageInfo, totalCount } = (await send(ClientSessionsDocument, query)).clientSessions;
      return { data: edges.map((edge) => edge.node), total: totalCount, pageInfo };
    },
    /** Ends a session that nobody has paid yet. */
    cancel: async (choice: SessionChoice) =>
      (await send(CancelClientSessionDocument, { by: toSessionSelector(choice) })).cancelClientSession,
    /** Blanks the personal data that a session holds, also where it has no customer. It cannot be undone. */
    erase: async (choice: SessionChoice) =>
      (await send(EraseClientSessionDocument, { by: toSessionSelector(choice) })).eraseClientSession,
    /** The payer pays at once. */
    payments: {
      /** Starts a session; hand its `token` or `checkoutUrl` to the browser. The same code never starts two. */
      start: async (input: Start<StartPaymentSessionInput>) =>
        (await send(StartPaymentSessionDocument, { provider: toProviderSelector(input), data: input.data })).startPaymentSession,
      /** Learns how it went. Answers a transaction, whose `status` is the outcome; a decline is no error. */
      verify: async (choice: SessionChoice) =>
        (await send(VerifyPaymentSessionDocument, { by: toSessionSelector(choice) })).verifyPaymentSession,
    },
    paymentMethod: {
      /** The payer stores a payment method and pays nothing. */
      add: {
        /** Starts a session; hand its `token` or `checkoutUrl` to the browser. */
        start: async (input: Start<StartAddPaymentMethodSessionInput>) => {
          const variables = { provider: toProviderSelector(input), data: input.data };
          return (await send(StartAddPaymentMethodSessionDocument, variables)).startAddPaymentMethodSession;
        },
        /** Learns whether it was stored: `paymentMethod.id` of the answer names it for charges. */
        verify: async (choice: SessionChoice) =>
          (await send(VerifyAddPaymentMethodSessionDocument, { by: toSessionSelector(choice) })).verifyAddPaymentMethodSession,
      },
    },
    /** The payer's money is held, to be settled or voided later. */
    authorizations: {
      /** Starts a session; hand its `token` or `checkoutUrl` to the browser. */
      start: async (input: Start<StartAuthorizationSessionInput>) => {
        const variables = { provider: toProviderSelector(input), data: input.data };
        return (await send(StartAuthorizationSessionDocument, variables)).startAuthorizationSession;
      },
      /** Learns whether the money is held. The answer's `id` is what settle and void take. */
      verify: async (choice: SessionChoice) =>
        (await send(VerifyAuthorizationSessionDocument, { by: toSessionSelector(choice) })).verifyAuthorizationSession,
    },
  };
}

/** One key per call, made before the first attempt, so that retries carry it too. */
function keyOf(input: Keyed): string {
  return input.idempotencyKey ?? globalThis.crypto.randomUUID();
}
