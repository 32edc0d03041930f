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
import { BARE_MOVEMENT } from '../../src/providers/shapes.ts';
import {
  type Data,
  type Gateway,
  openGateway,
  PUBLIC_URL,
  READ_SESSION,
  READ_TRANSACTION,
  REFUND,
  type TestMerchant,
} from '../support/gateway.ts';

export const SUCCEEDED: Movement = { ...BARE_MOVEMENT, providerCode: 'exm_mov_faked', status: 'succeeded' };

/** EXAMPLE with a hand on its wire: what a test puts here happens to the next calls. */
export interface Wire {
  /** Failures of coming sends, in order; `after` lets the bank act first. */
  failures: (FailureCategory | 'after' | 'hang')[];
  /** What each send carried, and for what. */
  sent: string[];
  watched: EffectKind;
  outcome: ((outcome: SessionOutcome) => SessionOutcome | Promise<SessionOutcome>) | null;
  capabilities: Partial<Capabilities>;
  canTell: boolean;
  /** Runs while a watched call is under way, before what happens to it. */
  onSend: (() => Promise<unknown>) | null;
  /** Runs while an operation is looked up. */
  onLookUp: (() => Promise<unknown>) | null;
  /** What becomes of the answers to watched sends. */
  movement: ((movement: Movement) => Movement) | null;
  /** What becomes of a movement that is asked for. */
  fetched: ((movement: Movement) => Movement) | null;
  /** Why the provider takes no amount. */
  amountProblem: string | null;
  /** Watched moves of money succeed without the bank's knowledge. */
  isFaked: boolean;
}

const STILL: Omit<Wire, 'failures' | 'sent'> = {
  watched: 'REFUND',
  outcome: null,
  capabilities: {},
  canTell: true,
  onSend: null,
  onLookUp: null,
  movement: null,
  fetched: null,
  amountProblem: null,
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
  /** The value of a metric, named as the page of the metrics does without its prefix. */
  metric(name: string): Promise<number>;
}

/** For tests that wait for no deadline, so that a slow machine does not meet one. */
export async function openPatientGateway(): Promise<WiredGateway> {
  const gateway = await openWiredGateway();
  (gateway.app.deps.settings as { providerDeadlineMs: number }).providerDeadlineMs = 20_000;
  return gateway;
}

/** Providers have a second to respond. */
export async function openWiredGateway(): Promise<WiredGateway> {
  const wire: Wire = { ...STILL, failures: [], sent: [] };
  const gateway = await openGateway({
    wrapProvider: (provider) => tamper(wire, provider),
    config: { providerDeadlineMs: 1_000 },
  });
  const merchant = await gateway.newMerchant();
  return {
    ...gateway,
    wire,
    merchant,
    calm: () => void Object.assign(wire, STILL, { failures: [], sent: [] }),
    read: async (id) => (await merchant.data(READ_SESSION, { by: { id } })).clientSession,
    readTransaction: async (id) => (await merchant.data(READ_TRANSACTION, { by: { id } })).transaction,
    async metric(name) {
      const page = await (await gateway.app.fetch(new Request(`${PUBLIC_URL}/metrics`))).text();
      const line = page.split('\n').find((text) => text.startsWith(`tollgate_${name} `));
      return Number(line?.split(' ').at(-1) ?? 0);
    },
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
      if (kind === wire.watched) await wire.onSend?.();
      const failure = wire.failures.shift();
      if (failure === 'hang') return new Promise(() => {});
      if (failure !== undefined && failure !== 'after') throw new ProviderFailure(failure, 'The wire was cut.', 'test');
      if (kind === wire.watched && wire.isFaked) return { ...SUCCEEDED, money: (request as RefundRequest).money } as never;
      const answer = await provider.send(kind, call, request);
      if (kind === wire.watched && wire.movement !== null && failure === undefined) return wire.movement(answer as Movement);
      if (failure === 'after') throw new ProviderFailure('UNKNOWN_OUTCOME', 'The answer was lost.', 'test');
      return answer;
    },
    async findByOperation(kind, call, request) {
      await wire.onLookUp?.();
      return wire.canTell ? provider.findByOperation(kind, call, request) : 'cannot-tell';
    },
    checkAmount: (money) => wire.amountProblem ?? provider.checkAmount(money),
    async fetchMovement(call, movement) {
      const found = await provider.fetchMovement(call, movement);
      return wire.fetched === null ? found : wire.fetched(found);
    },
    async fetchSession(call, session) {
      const outcome = await provider.fetchSession(call, session);
      return wire.outcome === null ? outcome : wire.outcome(outcome);
    },
  };
}
