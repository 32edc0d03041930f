import type { Tx } from '../database/database.ts';
import { addMs, SECOND_MS } from '../kernel/clock.ts';
import type { CardFacts } from './card-form.ts';
import { type Decision, type Scenario, scenarioNamed, type Verdict } from './cards.ts';
import { challengeIdOf, methodIdOf, movementIdOf, type Sign } from './ids.ts';
import { notificationsOf } from './notifications.ts';
import type { BankDeps } from './once.ts';
import type { Ledger, MovementFacts, StoredStatus } from './payment.ts';
import { BARE_MOVEMENT } from './payment.ts';
import { insertAttempt, insertMethod, updateMovement } from './store.ts';

/** How long what is decided later takes. */
export const LATE_DECISION_MS = 3 * SECOND_MS;

export const AUTHENTICATION_FAILED = 'authentication_failed';

export type ChallengeResult = 'approve' | 'fail' | 'leave';

/** One more attempt with a card: what the table says of it, written down. Returns the ledger with the attempt in it. */
export async function makeAttempt(
  deps: BankDeps,
  tx: Tx,
  given: { ledger: Ledger; card: CardFacts; verdict: Verdict; methodId: string | null; now: Date },
): Promise<Ledger> {
  const { ledger, card, verdict, now } = given;
  const { payment } = ledger;
  const attempt = { ...newAttempt(ledger, card, { verdict, now, sign: deps.sign }), methodId: given.methodId };
  const stored = verdict.when === 'challenge' ? attempt : await storeMethod(tx, ledger, attempt);
  await insertAttempt(tx, payment, stored);
  await announce(deps, tx, { movement: stored, accountId: payment.accountId, scenario: scenarioNamed(card.scenario), now });
  return { payment: { ...payment, scenario: card.scenario }, movements: [...ledger.movements, stored] };
}

function newAttempt(
  ledger: Ledger,
  card: CardFacts,
  { verdict, now, sign }: { verdict: Verdict; now: Date; sign: Sign },
): MovementFacts {
  const { payment } = ledger;
  const position = ledger.movements.length + 1;
  const { id: paymentId, amountMinor } = payment;
  const own = { id: movementIdOf(paymentId, position), paymentId, kind: 'ATTEMPT', position } as const;
  const base = { ...BARE_MOVEMENT, ...own, amountMinor, card, createdAt: now };
  switch (verdict.when) {
    case 'now':
      return { ...base, ...decided(ledger, verdict.decision, { card, at: now }) };
    case 'challenge':
      return { ...base, status: 'challenged', challengeId: challengeIdOf(sign, payment, position) };
    case 'later': {
      const settlesAt = addMs(now, LATE_DECISION_MS);
      const { status, ...rest } = decided(ledger, verdict.decision, { card, at: settlesAt });
      return { ...base, ...rest, status: 'processing', settledStatus: status, settlesAt };
    }
  }
}

type Decided = { status: StoredStatus } & Partial<Pick<MovementFacts, 'declineCode' | 'failureCode' | 'holdExpiresAt'>>;

function decided(ledger: Ledger, decision: Decision, { card, at }: { card: CardFacts; at: Date }): Decided {
  switch (decision.outcome) {
    case 'decline':
      return { status: 'declined', declineCode: decision.code };
    case 'fail':
      return { status: 'failed', failureCode: decision.code };
    case 'approve': {
      const isHold = ledger.payment.kind === 'AUTHORIZATION';
      return { status: 'succeeded', holdExpiresAt: isHold ? addMs(at, scenarioNamed(card.scenario).holdMs) : null };
    }
  }
}

/** The payer's answer to an open challenge. Leaving answers nothing: the challenge stays open until the payment expires. */
export async function decideChallenge(
  deps: BankDeps,
  tx: Tx,
  given: { ledger: Ledger; attempt: MovementFacts; result: 'approve' | 'fail'; now: Date },
): Promise<Ledger> {
  const { ledger, attempt, result, now } = given;
  const { card } = attempt;
  if (card === null) throw new Error('A challenged attempt has a card.');
  const scenario = scenarioNamed(card.scenario);
  const failed: Decision = { outcome: 'decline', code: AUTHENTICATION_FAILED };
  const decision = result === 'approve' ? scenario.confirm.decision : failed;
  const answered = await storeMethod(tx, ledger, { ...attempt, ...decided(ledger, decision, { card, at: now }) });
  await updateMovement(tx, answered);
  await announce(deps, tx, { movement: answered, accountId: ledger.payment.accountId, scenario, now });
  return { ...ledger, movements: ledger.movements.map((movement) => (movement.id === answered.id ? answered : movement)) };
}

/** Keeps the card as a stored method where the payment asks for it and the issuer said yes, or will. */
async function storeMethod(tx: Tx, { payment }: Ledger, attempt: MovementFacts): Promise<MovementFacts> {
  const isApproved = (attempt.settledStatus ?? attempt.status) === 'succeeded';
  const { customerReference } = payment;
  if (!isApproved || !payment.storeMethod || customerReference === null || attempt.card === null) return attempt;
  const id = methodIdOf(attempt.id);
  await insertMethod(tx, payment.accountId, { id, customerReference, ...attempt.card, createdAt: attempt.createdAt });
  return { ...attempt, methodId: id };
}

export async function announce(
  deps: BankDeps,
  tx: Tx,
  news: { movement: MovementFacts; accountId: string; scenario: Scenario; now: Date },
): Promise<void> {
  for (const notification of notificationsOf(news.movement, news.accountId, news)) await deps.schedule(tx, notification);
}
