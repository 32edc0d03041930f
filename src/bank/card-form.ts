import { isLuhnValid } from '../kernel/card-number.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { findTestCard, type Scenario, scenarioOf } from './cards.ts';
import { type BankRefusal, bankRefusal } from './refusal.ts';

/** What the payer typed. It lives as long as the call and is neither stored nor logged. */
export interface CardInput {
  readonly number: string;
  readonly expMonth: number;
  /** Four digits. */
  readonly expYear: number;
  readonly cvc: string;
}

/** What is kept of a card. */
export interface CardFacts {
  readonly scenario: string;
  readonly brand: string;
  readonly last4: string;
  readonly expMonth: number;
  readonly expYear: number;
}

/** Checks the form. A mistake in it is not an attempt to pay. */
export function readCard(input: CardInput, now: Date): Result<{ facts: CardFacts; scenario: Scenario }, BankRefusal> {
  const number = input.number.replace(/[\s-]/g, '');
  if (!/^\d{13,19}$/.test(number) || !isLuhnValid(number)) return refused(bankRefusal('invalid_number', 'number'));
  const card = findTestCard(number);
  if (card === undefined) return refused(bankRefusal('unknown_card', 'number'));
  if (!isMonth(input.expMonth)) return refused(bankRefusal('invalid_expiry', 'expMonth'));
  if (!isFuture(input, now)) return refused(bankRefusal('invalid_expiry', 'expYear'));
  if (!/^\d{3,4}$/.test(input.cvc)) return refused(bankRefusal('invalid_cvc', 'cvc'));
  const scenario = scenarioOf(card, input.cvc);
  const { expMonth, expYear } = input;
  return ok({ scenario, facts: { scenario: scenario.name, brand: card.brand, last4: number.slice(-4), expMonth, expYear } });
}

function isMonth(month: number): boolean {
  return Number.isInteger(month) && month >= 1 && month <= 12;
}

/** A card is good until the end of its month. */
function isFuture({ expMonth, expYear }: CardInput, now: Date): boolean {
  if (!Number.isInteger(expYear) || expYear > 9999) return false;
  return expYear * 12 + expMonth >= now.getUTCFullYear() * 12 + now.getUTCMonth() + 1;
}
