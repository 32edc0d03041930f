import type { Database, Tx } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import { decodeJson, type Encodable, encodeJson } from '../kernel/json.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { Fault, Scenario } from './cards.ts';
import { hashOf, type Sign } from './ids.ts';
import type { BankNotification } from './notifications.ts';
import type { BankMovementView, BankPaymentView } from './payment.ts';
import { type BankRefusal, bankRefusal } from './refusal.ts';
import { countUse, saveAnswer } from './store.ts';

export interface BankDeps {
  readonly database: Database;
  readonly clock: Clock;
  /** Makes what cannot be guessed out of what can: a hash under a key that the database does not hold. */
  readonly sign: Sign;
  /** Takes over a notification inside the transaction that caused it. */
  readonly schedule: (tx: Tx, notification: BankNotification) => Promise<void>;
}

/** What comes with every call that changes something. */
export interface BankCall {
  readonly accountId: string;
  readonly operationId: string;
  /** The same key and request give the first answer again; the same key with another request is refused. */
  readonly key: string;
}

export type BankAnswer =
  | { readonly type: 'opened'; readonly paymentId: string; readonly expiresAt: Date | null }
  | { readonly type: 'payment'; readonly payment: BankPaymentView }
  | { readonly type: 'movement'; readonly movement: BankMovementView }
  | { readonly type: 'detached'; readonly methodId: string };

export interface Step<Subject, Answer extends BankAnswer> {
  /** The whole request, with a word for what is asked. */
  readonly request: { readonly ask: string; readonly [field: string]: Encodable };
  /** Finds what the call is about and holds its row. */
  lock(tx: Tx): Promise<Result<Subject, BankRefusal>>;
  /** The behaviour of the card that is behind it. */
  scenario(subject: Subject): Scenario;
  execute(tx: Tx, subject: Subject, now: Date): Promise<Result<Answer, BankRefusal>>;
}

/** Runs one step for a key, once. A refused step leaves the key unused: nothing happened that could be replayed. */
export async function runOnce<Subject, Answer extends BankAnswer>(
  deps: BankDeps,
  call: BankCall,
  step: Step<Subject, Answer>,
): Promise<Result<Answer, BankRefusal>> {
  const now = deps.clock.now();
  const requestHash = requestHashOf(step.request);
  return deps.database.inTransaction(async (tx) => {
    const seen = await countUse(tx, call, now);
    const subject = await step.lock(tx);
    const fault = subject.ok ? step.scenario(subject.value).fault : 'none';
    const early = faultBefore(fault, seen.attempts);
    if (early !== null) return refused(early);
    if (seen.requestHash !== null && seen.requestHash !== requestHash) return refused(bankRefusal('key_reused'));
    if (seen.answer !== null) return ok(decodeJson(seen.answer) as Answer);
    if (!subject.ok) return subject;
    const answer = await step.execute(tx, subject.value, now);
    if (!answer.ok) return answer;
    await saveAnswer(tx, call, { requestHash, answer: encodeJson(answer.value) });
    return faultAfter(fault, seen.attempts) ?? answer;
  });
}

export function requestHashOf(request: unknown): string {
  return hashOf(encodeJson(request));
}

/** What goes wrong before the call is executed, and before its key is looked at. */
export function faultBefore(fault: Fault, attempt: number): BankRefusal | null {
  switch (fault) {
    case 'none':
    case 'lost-after':
      return null;
    case 'lost-before':
      return attempt === 1 ? bankRefusal('answer_lost') : null;
    case 'error-first':
      return attempt === 1 ? bankRefusal('bank_error') : null;
    case 'limited-twice':
      return attempt <= 2 ? bankRefusal('rate_limited') : null;
  }
}

/** Instead of the answer, once the call was executed. */
export function faultAfter(fault: Fault, attempt: number): { ok: false; refusal: BankRefusal } | null {
  return fault === 'lost-after' && attempt === 1 ? { ok: false, refusal: bankRefusal('answer_lost') } : null;
}
