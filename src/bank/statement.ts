import { ok, type Result, refused } from '../kernel/result.ts';
import type { BankDeps } from './once.ts';
import { type BankMovementView, type BankPaymentView, viewMovement, viewPayment } from './payment.ts';
import { type BankRefusal, bankRefusal } from './refusal.ts';
import * as store from './store.ts';

/** Look-ups for wire dialects that tell more of a payment than its attempts. Nothing here changes anything. */

export interface BankEntry {
  readonly movement: BankMovementView;
  readonly createdAt: Date;
  /** When a late decision is made, or was; null where it was made at once. */
  readonly settlesAt: Date | null;
}

/** A payment with everything that ever moved on it, in order. */
export interface BankStatement {
  readonly payment: BankPaymentView;
  readonly customerReference: string | null;
  /** The card is kept for later charges when the issuer says yes. */
  readonly storesMethod: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly canceledAt: Date | null;
  readonly entries: readonly BankEntry[];
}

type BankMethodView = Omit<store.MethodFacts, 'scenario'>;

const METHODS_MAX = 100;

/** A payment, named by its own id or by that of a movement, with everything that ever moved on it. */
export async function readStatement(
  deps: BankDeps,
  accountId: string,
  code: string,
): Promise<Result<BankStatement, BankRefusal>> {
  const ledger = await store.readLedger(deps.database.client, { accountId, code });
  if (ledger === null) return refused(bankRefusal('unknown_payment'));
  const now = deps.clock.now();
  const { customerReference, storeMethod: storesMethod, createdAt, expiresAt, canceledAt } = ledger.payment;
  const entries = ledger.movements.map((movement) => ({
    movement: viewMovement(ledger, movement, now),
    createdAt: movement.createdAt,
    settlesAt: movement.settlesAt,
  }));
  return ok({ payment: viewPayment(ledger, now), customerReference, storesMethod, createdAt, expiresAt, canceledAt, entries });
}

/** A stored method, also when it was detached. */
export async function readMethod(
  deps: BankDeps,
  accountId: string,
  methodId: string,
): Promise<Result<BankMethodView, BankRefusal>> {
  const method = await store.readMethod(deps.database.client, accountId, methodId);
  return method === null ? refused(bankRefusal('unknown_method')) : ok(toView(method));
}

/** The methods that are stored for a customer and not detached, oldest first; 100 at most. */
export async function listMethods(
  deps: BankDeps,
  accountId: string,
  customerReference: string,
): Promise<readonly BankMethodView[]> {
  const methods = await store.listMethods(deps.database.client, { accountId, customerReference }, METHODS_MAX);
  return methods.map(toView);
}

function toView({ scenario: _scenario, ...method }: store.MethodFacts): BankMethodView {
  return method;
}
