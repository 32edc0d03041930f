import { DAY_MS } from '../kernel/clock.ts';
import { decodeJson, encodeJson } from '../kernel/json.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { CardInput } from './card-form.ts';
import { scenarioNamed } from './cards.ts';
import {
  answerChallenge,
  type BrowserSelector,
  type ConfirmChoice,
  confirmPayment,
  readAsBrowser,
  readChallenge,
} from './confirm.ts';
import { hashOf, paymentIdOf, clientTokenOf as tokenOf } from './ids.ts';
import { capture, chargeMethod, detachMethod, refund, reverse, voidHold } from './money.ts';
import { cancelNotification } from './notifications.ts';
import { type BankAnswer, type BankCall, type BankDeps, requestHashOf, runOnce } from './once.ts';
import {
  type BankMovementView,
  type BankPaymentView,
  type Ledger,
  type PaymentFacts,
  refuseCancel,
  viewMovement,
  viewPayment,
} from './payment.ts';
import { type BankRefusal, bankRefusal } from './refusal.ts';
import { listMethods, readMethod, readStatement } from './statement.ts';
import { findAnswer, insertPaymentOnce, lockLedger, readKey, readLedger, saveCanceled } from './store.ts';

/** However late the caller lets a payment expire, it is over after this. */
export const PAYMENT_LIFE_MS_MAX = DAY_MS;

export interface OpenRequest {
  /** The caller's own id, echoed in every answer. */
  readonly reference: string;
  readonly kind: 'PAYMENT' | 'AUTHORIZATION' | 'STORE';
  /** 0n when a method is only stored. */
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly storeMethod: boolean;
  /** Whom a stored method belongs to. */
  readonly customerReference: string | null;
  /** After that many declined or failed attempts the bank closes the payment. */
  readonly attemptsMax: number;
  /** Null where a payment stays open until someone ends it. */
  readonly expiresAt: Date | null;
  readonly returnUrl: string | null;
}

export interface OpenedPayment {
  readonly paymentId: string;
  /** For the browser: enough to complete this one payment. */
  readonly clientToken: string;
  readonly expiresAt: Date | null;
}

/** What can be asked of the bank: each function as its callers see it, with the bank's dependencies bound. */
const OPERATIONS = {
  openPayment,
  cancelPayment,
  capture,
  void: voidHold,
  reverse,
  refund,
  chargeMethod,
  detachMethod,
  readPayment,
  readMovement,
  readStatement,
  readMethod,
  listMethods,
  findByOperation,
  clientTokenOf,
  confirm: (deps: BankDeps, by: BrowserSelector, ...[card, choice = {}]: [CardInput, ConfirmChoice?]) =>
    confirmPayment(deps, by, { card, choice }),
  readAsBrowser,
  readChallenge,
  answerChallenge,
};

/**
 * A deterministic bank on tables of its own: the outcome follows from the card's number, ids from the caller's operation,
 * time from the clock. It knows no HTTP and no gateway, so several wire dialects can stand in front of it.
 */
export type Bank = {
  readonly [Name in keyof typeof OPERATIONS]: (typeof OPERATIONS)[Name] extends (
    deps: BankDeps,
    ...args: infer Args
  ) => infer Answer
    ? (...args: Args) => Answer
    : never;
};

export function createBank(deps: BankDeps): Bank {
  const bound = Object.entries<(deps: BankDeps, ...args: never[]) => unknown>(OPERATIONS).map(
    ([name, run]) => [name, (...args: never[]) => run(deps, ...args)] as const,
  );
  return Object.fromEntries(bound) as unknown as Bank;
}

async function openPayment(deps: BankDeps, call: BankCall, request: OpenRequest): Promise<Result<OpenedPayment, BankRefusal>> {
  const payment = newPayment(call, request, deps.clock.now());
  const clientToken = clientTokenOf(deps, call);
  const opened = { paymentId: payment.id, expiresAt: payment.expiresAt };
  const requestHash = requestHashOf({ ask: 'open', ...request });
  // No card is known yet, so nothing can go wrong on the way, and one statement does it.
  const key = { ...call, requestHash, answer: encodeJson({ type: 'opened', ...opened } satisfies BankAnswer) };
  const isNew = await insertPaymentOnce(deps.database.client, { ...payment, clientTokenHash: hashOf(clientToken) }, key);
  if (isNew) return ok({ ...opened, clientToken });
  const seen = await readKey(deps.database.client, call);
  if (seen?.requestHash !== requestHash || seen.answer === null) return refused(bankRefusal('key_reused'));
  const first = decodeJson(seen.answer) as Extract<BankAnswer, { type: 'opened' }>;
  return ok({ paymentId: first.paymentId, expiresAt: first.expiresAt, clientToken });
}

function newPayment(call: BankCall, request: OpenRequest, now: Date): PaymentFacts {
  const { expiresAt } = request;
  const latest = now.getTime() + PAYMENT_LIFE_MS_MAX;
  return {
    ...request,
    storeMethod: request.storeMethod || request.kind === 'STORE',
    expiresAt: expiresAt && new Date(Math.min(expiresAt.getTime(), latest)),
    id: paymentIdOf(call.accountId, call.operationId),
    accountId: call.accountId,
    operationId: call.operationId,
    scenario: null,
    canceledAt: null,
    createdAt: now,
  };
}

/** Ends a payment that nobody has paid. One that is closed already stays as it is. */
async function cancelPayment(deps: BankDeps, call: BankCall, paymentId: string): Promise<Result<BankPaymentView, BankRefusal>> {
  const answer = await runOnce<Ledger, Extract<BankAnswer, { type: 'payment' }>>(deps, call, {
    request: { ask: 'cancel', paymentId },
    async lock(tx) {
      const ledger = await lockLedger(tx, { accountId: call.accountId, code: paymentId });
      return ledger === null ? refused(bankRefusal('unknown_payment')) : ok(ledger);
    },
    scenario: (ledger) => scenarioNamed(ledger.payment.scenario),
    async execute(tx, ledger, now) {
      const refusal = refuseCancel(ledger, now);
      if (refusal !== null) return refused(refusal);
      const view = viewPayment(ledger, now);
      if (view.phase === 'closed') return ok({ type: 'payment', payment: view });
      await saveCanceled(tx, ledger.payment.id, now);
      await deps.schedule(tx, cancelNotification(ledger.payment, now));
      const canceled = { ...ledger, payment: { ...ledger.payment, canceledAt: now } };
      return ok({ type: 'payment', payment: viewPayment(canceled, now) });
    },
  });
  return answer.ok ? ok(answer.value.payment) : answer;
}

/** The token that opening a payment by this operation gave, or would give. */
function clientTokenOf(deps: BankDeps, call: Pick<BankCall, 'accountId' | 'operationId'>): string {
  return tokenOf(deps.sign, call);
}

async function readPayment(deps: BankDeps, accountId: string, paymentId: string): Promise<Result<BankPaymentView, BankRefusal>> {
  const ledger = await readLedger(deps.database.client, { accountId, code: paymentId });
  if (ledger?.payment.id !== paymentId) return refused(bankRefusal('unknown_payment'));
  return ok(viewPayment(ledger, deps.clock.now()));
}

async function readMovement(
  deps: BankDeps,
  accountId: string,
  movementId: string,
): Promise<Result<BankMovementView, BankRefusal>> {
  const ledger = await readLedger(deps.database.client, { accountId, code: movementId });
  const movement = ledger?.movements.find(({ id }) => id === movementId);
  if (ledger == null || movement === undefined) return refused(bankRefusal('unknown_movement'));
  return ok(viewMovement(ledger, movement, deps.clock.now()));
}

/** What was first answered to an operation; null when it was never executed. */
async function findByOperation(deps: BankDeps, accountId: string, operationId: string): Promise<BankAnswer | null> {
  const answer = await findAnswer(deps.database.client, accountId, operationId);
  return answer === null ? null : (decodeJson(answer) as BankAnswer);
}
