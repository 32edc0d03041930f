import type { Tx } from '../database/database.ts';
import { addMs } from '../kernel/clock.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { announce, LATE_DECISION_MS, makeAttempt } from './attempt.ts';
import { type Scenario, scenarioNamed } from './cards.ts';
import { movementIdOf, paymentIdOf } from './ids.ts';
import { type BankAnswer, type BankCall, type BankDeps, runOnce } from './once.ts';
import {
  BARE_MOVEMENT,
  type BankMovementKind,
  type BankMovementView,
  type Ledger,
  type MoneyMove,
  type MovementFacts,
  type PaymentFacts,
  refuseCapture,
  refuseRefund,
  refuseReverse,
  refuseVoid,
  viewMovement,
} from './payment.ts';
import { type BankRefusal, bankRefusal } from './refusal.ts';
import { insertMovement, insertPayment, lockLedger, lockMethod, type MethodFacts, saveDetached } from './store.ts';

/** The merchant's side of the bank once a card is known: capture, void, refund, charge and detach. */

type MovementAnswer = Extract<BankAnswer, { type: 'movement' }>;
export type MovementResult = Promise<Result<BankMovementView, BankRefusal>>;

/** A move of money on an earlier payment. `code` names the payment or any of its movements. */
export interface MoveRequest extends MoneyMove {
  readonly code: string;
}

/** Captures a hold once, all of it or less; the rest is released. */
export function capture(deps: BankDeps, call: BankCall, request: MoveRequest): MovementResult {
  return moveMoney(deps, call, {
    ask: 'capture',
    request,
    refuse: (ledger, now) => refuseCapture(ledger, request, now),
    change: (scenario) => (scenario.capture === 'fails' ? { status: 'failed', failureCode: 'capture_failed' } : SUCCEEDED),
  });
}

/** Releases a hold that was not captured. */
export function voidHold(deps: BankDeps, call: BankCall, request: MoveRequest): MovementResult {
  return moveMoney(deps, call, { ask: 'void', request, refuse: refuseVoid, change: () => SUCCEEDED });
}

/** Takes back a payment, a charge or a settled capture as a VOID, before any of it was refunded. Nothing can be refunded after. */
export function reverse(deps: BankDeps, call: BankCall, request: MoveRequest): MovementResult {
  return moveMoney(deps, call, {
    ask: 'reverse',
    request,
    refuse: (ledger, now) => refuseReverse(ledger, request, now),
    change: () => SUCCEEDED,
  });
}

/** Gives back what was captured, in one or several parts. */
export function refund(deps: BankDeps, call: BankCall, request: MoveRequest): MovementResult {
  return moveMoney(deps, call, {
    ask: 'refund',
    request,
    refuse: (ledger, now) => refuseRefund(ledger, request, now),
    change: refundChange,
  });
}

type Change = Pick<MovementFacts, 'status'> & Partial<Pick<MovementFacts, 'settledStatus' | 'settlesAt' | 'failureCode'>>;
const SUCCEEDED: Change = { status: 'succeeded' };

function refundChange(scenario: Scenario, now: Date): Change {
  const settlesAt = addMs(now, LATE_DECISION_MS);
  switch (scenario.refund) {
    case 'succeeds':
      return SUCCEEDED;
    case 'later':
      return { status: 'processing', settledStatus: 'succeeded', settlesAt };
    case 'returned':
      return { status: 'succeeded', settledStatus: 'failed', settlesAt, failureCode: 'refund_returned' };
  }
}

interface Move {
  readonly ask: 'capture' | 'void' | 'reverse' | 'refund';
  readonly request: MoveRequest;
  refuse(ledger: Ledger, now: Date): BankRefusal | null;
  change(scenario: Scenario, now: Date): Change;
}

const KINDS: Readonly<Record<Move['ask'], BankMovementKind>> = {
  capture: 'CAPTURE',
  void: 'VOID',
  reverse: 'VOID',
  refund: 'REFUND',
};

async function moveMoney(deps: BankDeps, call: BankCall, move: Move): MovementResult {
  const answer = await runOnce<Ledger, MovementAnswer>(deps, call, {
    request: { ask: move.ask, ...move.request },
    lock: async (tx) =>
      orRefusal(await lockLedger(tx, { accountId: call.accountId, code: move.request.code }), 'unknown_payment'),
    scenario: (ledger) => scenarioNamed(ledger.payment.scenario),
    async execute(tx, ledger, now) {
      const refusal = move.refuse(ledger, now);
      if (refusal !== null) return refused(refusal);
      const scenario = scenarioNamed(ledger.payment.scenario);
      const movement = newMovement(ledger, { ...move.change(scenario, now), kind: KINDS[move.ask] }, { call, move, now });
      await insertMovement(tx, call.accountId, movement);
      await announce(deps, tx, { movement, accountId: call.accountId, scenario, now });
      return ok({ type: 'movement', movement: viewMovement(ledger, movement, now) });
    },
  });
  return answer.ok ? ok(answer.value.movement) : answer;
}

function newMovement(
  ledger: Ledger,
  change: Change & Pick<MovementFacts, 'kind'>,
  { call, move, now }: { call: BankCall; move: Move; now: Date },
): MovementFacts {
  return {
    ...BARE_MOVEMENT,
    ...change,
    id: movementIdOf(ledger.payment.id, call.operationId),
    paymentId: ledger.payment.id,
    position: ledger.movements.length + 1,
    amountMinor: move.request.amountMinor,
    createdAt: now,
  };
}

interface ChargeMethodRequest extends MoneyMove {
  readonly methodId: string;
  /** The caller's own id of the charge. */
  readonly reference: string;
  /** Holds the money, to be captured or voided, instead of taking it. */
  readonly isHold?: boolean;
}

/** Charges a stored method without the payer. A decline is an answer. */
export async function chargeMethod(deps: BankDeps, call: BankCall, request: ChargeMethodRequest): MovementResult {
  const answer = await runOnce<MethodFacts, MovementAnswer>(deps, call, {
    request: { ask: 'charge', ...request },
    lock: (tx) => lockUsableMethod(tx, call, request.methodId),
    scenario: (method) => scenarioNamed(method.scenario),
    async execute(tx, method, now) {
      const payment = newCharge(call, { request, method, now });
      await insertPayment(tx, payment);
      const { id: methodId, scenario, brand, last4, expMonth, expYear } = method;
      const ledger = await makeAttempt(deps, tx, {
        ledger: { payment, movements: [] },
        card: { scenario, brand, last4, expMonth, expYear },
        verdict: scenarioNamed(scenario).charge,
        methodId,
        now,
      });
      const attempt = ledger.movements[0];
      if (attempt === undefined) throw new Error('A charge is one attempt.');
      return ok({ type: 'movement', movement: viewMovement(ledger, attempt, now) });
    },
  });
  return answer.ok ? ok(answer.value.movement) : answer;
}

async function lockUsableMethod(tx: Tx, call: BankCall, methodId: string): Promise<Result<MethodFacts, BankRefusal>> {
  const method = await lockMethod(tx, call.accountId, methodId);
  return orRefusal(method?.isDetached ? null : method, 'unknown_method');
}

function newCharge(
  call: BankCall,
  { request, method, now }: { request: ChargeMethodRequest; method: MethodFacts; now: Date },
): PaymentFacts {
  return {
    kind: request.isHold === true ? 'AUTHORIZATION' : 'CHARGE',
    storeMethod: false,
    attemptsMax: 1,
    returnUrl: null,
    expiresAt: null,
    canceledAt: null,
    id: paymentIdOf(call.accountId, call.operationId),
    accountId: call.accountId,
    operationId: call.operationId,
    reference: request.reference,
    amountMinor: request.amountMinor,
    currency: request.currency,
    customerReference: method.customerReference,
    scenario: method.scenario,
    createdAt: now,
  };
}

/** Forgets a stored method. One that is forgotten already stays so. */
export async function detachMethod(deps: BankDeps, call: BankCall, methodId: string): Promise<Result<null, BankRefusal>> {
  const answer = await runOnce<MethodFacts, Extract<BankAnswer, { type: 'detached' }>>(deps, call, {
    request: { ask: 'detach', methodId },
    lock: async (tx) => orRefusal(await lockMethod(tx, call.accountId, methodId), 'unknown_method'),
    scenario: (method) => scenarioNamed(method.scenario),
    async execute(tx, method, now) {
      await saveDetached(tx, method.id, now);
      return ok({ type: 'detached', methodId: method.id });
    },
  });
  return answer.ok ? ok(null) : answer;
}

function orRefusal<T>(value: T | null | undefined, code: BankRefusal['code']): Result<T, BankRefusal> {
  return value == null ? refused(bankRefusal(code)) : ok(value);
}
