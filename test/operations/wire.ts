import {
  type Capabilities,
  type EffectKind,
  type FailureCategory,
  type Movement,
  type Provider,
  ProviderFailure,
  type RefundRequest,
  type SessionOutcome,
} from '../../src/providers/provider.ts';
import {
  type Data,
  type Gateway,
  openGateway,
  READ_SESSION,
  READ_TRANSACTION,
  REFUND,
  type TestMerchant,
} from '../support/gateway.ts';

export const SUCCEEDED: Movement = {
  providerCode: 'exm_mov_faked',
  status: 'succeeded',
  money: null,
  decline: null,
  failureCode: null,
  card: null,
  storedMethod: null,
  hold: null,
  capturableUntil: null,
};

/** EXAMPLE with a hand on its wire: what a test puts here happens to the next calls. */
export interface Wire {
  /** Failures of coming sends, in order; `after` lets the bank act first. */
  failures: (FailureCategory | 'after' | 'hang')[];
  /** What each send carried, and for what. */
  sent: string[];
  watched: EffectKind;
  outcome: ((outcome: SessionOutcome) => SessionOutcome) | null;
  capabilities: Partial<Capabilities>;
  canTell: boolean;
  /** Runs while a watched call is under way. */
  onSend: (() => Promise<unknown>) | null;
  movement: ((movement: Movement) => Movement) | null;
  /** Refunds succeed without the bank's knowledge. */
  isFaked: boolean;
}

const STILL: Omit<Wire, 'failures' | 'sent'> = {
  watched: 'REFUND',
  outcome: null,
  capabilities: {},
  canTell: true,
  onSend: null,
  movement: null,
  isFaked: false,
};

/** A gateway whose calls to EXAMPLE pass through a test's hands. */
export interface WiredGateway extends Gateway {
  readonly wire: Wire;
  readonly merchant: TestMerchant;
  /** Lets go of the wire, for the next test. */
  calm(): void;
  read(sessionId: string): Promise<Data>;
  readTransaction(id: string): Promise<Data>;
  refund(payment: Data, key: string): Promise<Data>;
}

export async function openWiredGateway(): Promise<WiredGateway> {
  const wire: Wire = { ...STILL, failures: [], sent: [] };
  const gateway = await openGateway({ wrapProvider: (provider) => tamper(wire, provider), config: { providerDeadlineMs: 200 } });
  const merchant = await gateway.newMerchant();
  return {
    ...gateway,
    wire,
    merchant,
    calm: () => void Object.assign(wire, STILL, { failures: [], sent: [] }),
    read: async (id) => (await merchant.data(READ_SESSION, { by: { id } })).clientSession,
    readTransaction: async (id) => (await merchant.data(READ_TRANSACTION, { by: { id } })).transaction,
    refund: async (payment, key) => (await merchant.data(REFUND, { by: { id: payment.id }, amount: '600', key })).transaction,
  };
}

function tamper(wire: Wire, provider: Provider): Provider {
  return {
    ...provider,
    get capabilities() {
      return { ...provider.capabilities, ...wire.capabilities };
    },
    async send(kind, call, request) {
      if (kind === wire.watched) {
        wire.sent.push(
          JSON.stringify([call.idempotencyKey, request], (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
        );
      }
      const failure = wire.failures.shift();
      if (failure === 'hang') return new Promise(() => {});
      if (failure !== undefined && failure !== 'after') throw new ProviderFailure(failure, 'The wire was cut.', 'test');
      if (kind === wire.watched) await wire.onSend?.();
      if (kind === 'REFUND' && wire.isFaked) return { ...SUCCEEDED, money: (request as RefundRequest).money } as never;
      const answer = await provider.send(kind, call, request);
      if (kind === 'REFUND' && wire.movement !== null && failure === undefined) return wire.movement(answer as Movement);
      if (failure === 'after') throw new ProviderFailure('UNKNOWN_OUTCOME', 'The answer was lost.', 'test');
      return answer;
    },
    findByOperation: async (kind, call, request) =>
      wire.canTell ? provider.findByOperation(kind, call, request) : 'cannot-tell',
    async fetchSession(call, session) {
      const outcome = await provider.fetchSession(call, session);
      return wire.outcome === null ? outcome : wire.outcome(outcome);
    },
  };
}
