import type { Tx } from '../database/database.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { type ChallengeResult, decideChallenge, makeAttempt } from './attempt.ts';
import { type CardInput, readCard } from './card-form.ts';
import { hashOf } from './ids.ts';
import { type BankDeps, faultAfter, faultBefore } from './once.ts';
import { type BankPaymentView, type Ledger, refuseAttempt, viewPayment } from './payment.ts';
import { type BankRefusal, bankRefusal } from './refusal.ts';
import { countUse, lockLedger, type PaymentSelector, readLedger, saveChoice } from './store.ts';

/** The payer's side of the bank: what a browser may do with a payment. */

/** How a browser names its payment. The gateway resolves a token of its own to the second form. */
export type BrowserSelector = { readonly clientToken: string } | { readonly accountId: string; readonly paymentId: string };

/** What a payer may decide along with the card, where the dialect asks them rather than the merchant. */
export interface ConfirmChoice {
  readonly storeMethod?: boolean;
}

/**
 * Pays, authorizes or stores with a card. A decline is an answer: the last attempt of the returned payment tells it. One
 * attempt at a time, and none once the payment is over.
 */
export async function confirmPayment(
  deps: BankDeps,
  by: BrowserSelector,
  given: { readonly card: CardInput; readonly choice: ConfirmChoice },
): Promise<Result<BankPaymentView, BankRefusal>> {
  const now = deps.clock.now();
  const card = readCard(given.card, now);
  if (!card.ok) return card;
  const { facts, scenario } = card.value;
  return deps.database.inTransaction(async (tx) => {
    const found = await lockLedger(tx, toSelector(by));
    if (found === null) return refused(bankRefusal('unknown_token'));
    const ledger = await withChoice(tx, found, given.choice);
    const closed = refuseAttempt(ledger, now);
    if (closed !== null) return refused(closed);
    const { id, accountId, operationId } = ledger.payment;
    // A browser brings no key: its uses are counted per payment and behaviour.
    const { attempts } = await countUse(tx, { accountId, operationId, key: `confirm ${id} ${scenario.name}` }, now);
    const early = faultBefore(scenario.fault, attempts);
    if (early !== null) return refused(early);
    const after = await makeAttempt(deps, tx, { ledger, card: facts, verdict: scenario.confirm, methodId: null, now });
    return faultAfter(scenario.fault, attempts) ?? ok(viewPayment(after, now));
  });
}

/** The payer's wish to have the card kept counts from now on, also for the challenge that may follow. */
async function withChoice(tx: Tx, ledger: Ledger, { storeMethod }: ConfirmChoice): Promise<Ledger> {
  if (storeMethod === undefined || storeMethod === ledger.payment.storeMethod) return ledger;
  await saveChoice(tx, ledger.payment.id, { storeMethod });
  return { ...ledger, payment: { ...ledger.payment, storeMethod } };
}

/** How the payment stands, for a browser that lost an answer or waits for one. */
export async function readAsBrowser(deps: BankDeps, by: BrowserSelector): Promise<Result<BankPaymentView, BankRefusal>> {
  const ledger = await readLedger(deps.database.client, toSelector(by));
  return ledger === null ? refused(bankRefusal('unknown_token')) : ok(viewPayment(ledger, deps.clock.now()));
}

/** The payment that a challenge belongs to. */
export async function readChallenge(deps: BankDeps, challengeId: string): Promise<Result<BankPaymentView, BankRefusal>> {
  const ledger = await readLedger(deps.database.client, { challengeId });
  return ledger === null ? refused(bankRefusal('unknown_challenge')) : ok(viewPayment(ledger, deps.clock.now()));
}

/** Answers a challenge. An answer to one that is already decided changes nothing and tells how the payment stands. */
export async function answerChallenge(
  deps: BankDeps,
  challengeId: string,
  result: ChallengeResult,
): Promise<Result<BankPaymentView, BankRefusal>> {
  const now = deps.clock.now();
  return deps.database.inTransaction(async (tx) => {
    const ledger = await lockLedger(tx, { challengeId });
    const attempt = ledger?.movements.find((movement) => movement.challengeId === challengeId);
    if (ledger == null || attempt === undefined) return refused(bankRefusal('unknown_challenge'));
    if (attempt.status !== 'challenged') return ok(viewPayment(ledger, now));
    const view = viewPayment(ledger, now);
    if (view.phase !== 'challenged')
      return refused(bankRefusal(view.closedAs === 'expired' ? 'payment_expired' : 'payment_closed'));
    if (result === 'leave') return ok(view);
    return ok(viewPayment(await decideChallenge(deps, tx, { ledger, attempt, result, now }), now));
  });
}

function toSelector(by: BrowserSelector): PaymentSelector {
  return 'clientToken' in by ? { clientTokenHash: hashOf(by.clientToken) } : { accountId: by.accountId, code: by.paymentId };
}
