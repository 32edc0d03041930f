import { randomUUID } from 'node:crypto';
import { type Bank, createBank, type OpenedPayment, type OpenRequest } from '../../src/bank/bank.ts';
import type { CardInput } from '../../src/bank/card-form.ts';
import type { BankNotification } from '../../src/bank/notifications.ts';
import type { BankCall } from '../../src/bank/once.ts';
import type { BankPaymentView } from '../../src/bank/payment.ts';
import type { BankRefusal } from '../../src/bank/refusal.ts';
import { addMs, MINUTE_MS } from '../../src/kernel/clock.ts';
import type { Result } from '../../src/kernel/result.ts';
import { openWorld, type World } from '../support/world.ts';

/** A bank on a database of its own, with every notification that it owes. */
export interface BankWorld extends World {
  readonly bank: Bank;
  readonly notifications: readonly BankNotification[];
}

export async function openBankWorld(): Promise<BankWorld> {
  const world = await openWorld();
  const notifications: BankNotification[] = [];
  const schedule = async (_tx: unknown, notification: BankNotification) => void notifications.push(notification);
  const bank = createBank({ database: world.database, clock: world.clock, schedule, sign: world.vault.fingerprint });
  return { ...world, bank, notifications };
}

/** A new operation of an account. */
export function newCall(accountId: string): BankCall {
  const operationId = randomUUID();
  return { accountId, operationId, key: `key-${operationId}` };
}

export function cardInput(number: string, difference: Partial<CardInput> = {}): CardInput {
  return { number, expMonth: 12, expYear: 2034, cvc: '123', ...difference };
}

export async function open(
  world: BankWorld,
  difference: Partial<OpenRequest> & { accountId?: string } = {},
): Promise<OpenedPayment & { accountId: string }> {
  const { accountId = randomUUID(), ...request } = difference;
  const opened = await world.bank.openPayment(newCall(accountId), {
    reference: randomUUID(),
    kind: 'PAYMENT',
    amountMinor: 1000n,
    currency: 'USD',
    storeMethod: false,
    customerReference: null,
    attemptsMax: 5,
    expiresAt: addMs(world.clock.now(), 30 * MINUTE_MS),
    returnUrl: null,
    ...request,
  });
  return { ...must(opened), accountId };
}

/** Opens a payment and confirms it with a card, once. */
export async function pay(world: BankWorld, number: string, difference: Parameters<typeof open>[1] = {}) {
  const opened = await open(world, difference);
  const payment = must(await world.bank.confirm({ clientToken: opened.clientToken }, cardInput(number)));
  return { ...opened, payment, attempt: lastAttempt(payment) };
}

export function lastAttempt(payment: BankPaymentView) {
  const attempt = payment.attempts.at(-1);
  if (attempt === undefined) throw new Error('The payment has no attempt.');
  return attempt;
}

export function must<T>(result: Result<T, BankRefusal>): T {
  if (!result.ok) throw new Error(`The bank refused: ${result.refusal.code}`);
  return result.value;
}

/** The code of a refusal; 'accepted' when there was none. */
export function codeOf(result: Result<unknown, BankRefusal>): string {
  return result.ok ? 'accepted' : result.refusal.code;
}
