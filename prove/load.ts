import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attempt, type Call, type Fields, send } from './calls.ts';
import type { Gateway } from './gateways.ts';

/** What a buyer and the shop do. `UNATTENDED`: the shop never asks again. `LATE`: the bank decides seconds later. */
export type FlowKind = 'VERIFIED' | 'UNATTENDED' | 'LATE' | 'REFUNDED';

/** One purchase. What is not null was acknowledged by a gateway. */
export interface Flow {
  readonly code: string;
  readonly kind: FlowKind;
  sessionId: string | null;
  isPaid: boolean;
  transactionId: string | null;
  refundId: string | null;
  /** Whether all of its calls were answered. */
  isFinished: boolean;
}

export interface Load {
  readonly flows: readonly Flow[];
  readonly attempts: readonly Attempt[];
  /** Waits until each gateway has answered some calls more, as one that has just started is slow at first. */
  warmUp(): Promise<void>;
  /** Begins no further purchase, and lets those under way finish for at most the limit. */
  finish(limitMs: number): Promise<void>;
  /** Sends the start of a purchase again, and returns the id of the session that it gets; null when there was no response. */
  repeatStart(flow: Flow): Promise<string | null>;
}

const BUYERS = 8;
const FLOWS_MAX = 6_000;
/** From the beginning of a purchase to that of the same buyer's next one. */
const FLOW_PAUSE_MS = 500;
const REPEAT_PAUSE_MS = 200;
const WARM_CALLS = 20;
const WARM_MS_MAX = 30_000;
const KINDS: readonly FlowKind[] = ['VERIFIED', 'UNATTENDED', 'REFUNDED', 'LATE'];
const CARD = { expMonth: 12, expYear: 2031, cvc: '123' };
const APPROVED = '4242424242424242';
const APPROVED_LATER = '4000009900000012';
const BILLING = {
  billingFirstName: 'Jane',
  billingLastName: 'Smith',
  billingEmail: 'jane@example.com',
  billingAddressCountry: 'US',
};
const START = `mutation Start($provider: TransactionProviderSelector!, $data: StartPaymentSessionInput!) {
  result: startPaymentSession(provider: $provider, data: $data) { id token status action } }`;
const VERIFY = `mutation Verify($by: ClientSessionSelector!) { result: verifyPaymentSession(by: $by) { id status } }`;
const REFUND = `mutation Refund($by: TransactionSelector!, $key: String) {
  result: refundTransaction(by: $by, idempotencyKey: $key) { id status } }`;

interface World {
  readonly gateways: readonly Gateway[];
  readonly key: string;
  readonly attempts: Attempt[];
  /** Aborted when no attempt may be made any more. */
  readonly over: AbortSignal;
}

/** Buyers who buy one thing after another. Each call is repeated as it is until it is answered, at whichever gateway runs. */
export function startLoad(gateways: readonly Gateway[], key: string): Load {
  const flows: Flow[] = [];
  const over = new AbortController();
  const world: World = { gateways, key, attempts: [], over: over.signal };
  const ending = new AbortController();
  const buy = async (buyer: number): Promise<void> => {
    while (!ending.signal.aborted && flows.length < FLOWS_MAX) {
      const kind = KINDS[(flows.length + buyer) % KINDS.length] ?? 'VERIFIED';
      const flow = { code: `order-${randomUUID()}`, kind, sessionId: null, isPaid: false, transactionId: null, refundId: null };
      const entry: Flow = { ...flow, isFinished: false };
      flows.push(entry);
      const pause = sleep(FLOW_PAUSE_MS);
      await runFlow(world, entry);
      await pause;
    }
  };
  const buyers = Array.from({ length: BUYERS }, (_, buyer) => buy(buyer));
  return {
    flows,
    attempts: world.attempts,
    async warmUp() {
      const known = world.attempts.length;
      const deadline = performance.now() + WARM_MS_MAX;
      const isWarm = ({ name }: Gateway): boolean => {
        const answered = world.attempts.slice(known).filter(({ gateway, outcome }) => gateway === name && outcome === 'answered');
        return answered.length >= WARM_CALLS;
      };
      while (!gateways.every(isWarm) && performance.now() < deadline) await sleep(REPEAT_PAUSE_MS);
    },
    async finish(limitMs) {
      ending.abort();
      const timer = setTimeout(() => over.abort(), limitMs);
      await Promise.all(buyers);
      clearTimeout(timer);
    },
    async repeatStart(flow) {
      const [gateway] = gateways;
      const response = gateway === undefined ? { failure: '' } : await send(gateway, startCall(key, flow));
      return 'data' in response ? String(resultOf(response.data)['id']) : null;
    },
  };
}

async function runFlow(world: World, flow: Flow): Promise<void> {
  const { key } = world;
  const token = await repeat(world, startCall(key, flow), (data) => {
    const { id, token, action } = resultOf(data);
    flow.sessionId = String(id);
    // Without a response of the bank there is nothing to pay at yet: the same call goes on.
    return action === 'COLLECT_PAYMENT_METHOD' ? String(token) : null;
  });
  if (token === null) return;
  const number = flow.kind === 'LATE' ? APPROVED_LATER : APPROVED;
  const payment = { path: '/example/v1/confirm', body: { token, card: { ...CARD, number } } };
  if ((await repeat(world, payment, ({ status }) => (status === 'declined' ? null : 'paid'))) === null) return;
  flow.isPaid = true;
  if (flow.kind === 'VERIFIED' || flow.kind === 'REFUNDED') {
    const verify = graphql(key, VERIFY, { by: { id: flow.sessionId } });
    flow.transactionId = await repeat(world, verify, (data) => idOfSuccess(data));
    if (flow.transactionId === null) return;
  }
  if (flow.kind === 'REFUNDED') {
    const refund = graphql(key, REFUND, { by: { id: flow.transactionId }, key: `refund ${flow.code}` });
    flow.refundId = await repeat(world, refund, (data) => idOfSuccess(data));
    if (flow.refundId === null) return;
  }
  flow.isFinished = true;
}

/** Repeats one call until `accept` takes its response; null when the time is over. */
async function repeat(world: World, call: Call, accept: (data: Fields) => string | null): Promise<string | null> {
  for (let turn = world.attempts.length; !world.over.aborted; turn += 1) {
    const running = world.gateways.filter((gateway) => gateway.isExpected());
    const gateway = running[turn % running.length];
    if (gateway !== undefined) {
      const sentAt = performance.now();
      const response = await send(gateway, call);
      const [outcome, reason] = outcomeOf(response);
      world.attempts.push({ gateway: gateway.name, sentAt, endedAt: performance.now(), outcome, reason });
      const accepted = 'data' in response ? accept(response.data) : null;
      if (accepted !== null) return accepted;
    }
    await sleep(REPEAT_PAUSE_MS);
  }
  return null;
}

function outcomeOf(response: Awaited<ReturnType<typeof send>>): [Attempt['outcome'], string] {
  if ('data' in response) return ['answered', ''];
  return 'failure' in response ? ['failed', response.failure] : ['refused', response.refusal];
}

function startCall(key: string, { code }: Flow): Call {
  const data = { merchantInternalTransactionCode: code, amount: '10000', currency: 'USD', storePaymentMethod: false };
  return graphql(key, START, { provider: { transactionProvider: 'EXAMPLE' }, data: { ...data, billing: BILLING } });
}

function graphql(key: string, query: string, variables: object): Call {
  return { path: '/graphql', key, body: { query, variables } };
}

function resultOf(data: Fields): Fields {
  return (data['result'] ?? {}) as Fields;
}

function idOfSuccess(data: Fields): string | null {
  const { id, status } = resultOf(data);
  return status === 'SUCCEEDED' ? String(id) : null;
}
