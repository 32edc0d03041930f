import { type Bank, type OpenedPayment, type OpenRequest } from '../../src/bank/bank.ts';
import type { CardInput } from '../../src/bank/card-form.ts';
import type { BankNotification } from '../../src/bank/notifications.ts';
import type { BankCall } from '../../src/bank/once.ts';
import type { BankPaymentView } from '../../src/bank/payment.ts';
import type { BankRefusal } from '../../src/bank/refusal.ts';
import type { Result } from '../../src/kernel/result.ts';
import { type World } from '../support/world.ts';
/** A bank on a database of its own, with every notification that it owes. */
export interface BankWorld extends World {
    readonly bank: Bank;
    readonly notifications: readonly BankNotification[];
}
export declare function openBankWorld(): Promise<BankWorld>;
/** A new operation of an account. */
export declare function newCall(accountId: string): BankCall;
export declare function cardInput(number: string, difference?: Partial<CardInput>): CardInput;
export declare function open(world: BankWorld, difference?: Partial<OpenRequest> & {
    accountId?: string;
}): Promise<OpenedPayment & {
    accountId: string;
}>;
/** Opens a payment and confirms it with a card, once. */
export declare function pay(world: BankWorld, number: string, difference?: Parameters<typeof open>[1]): Promise<{
    payment: BankPaymentView;
    attempt: import("../../src/bank/payment.ts").BankMovementView;
    paymentId: string;
    clientToken: string;
    expiresAt: Date;
    accountId: string;
}>;
export declare function lastAttempt(payment: BankPaymentView): import("../../src/bank/payment.ts").BankMovementView;
export declare function must<T>(result: Result<T, BankRefusal>): T;
/** The code of a refusal; 'accepted' when there was none. */
export declare function codeOf(result: Result<unknown, BankRefusal>): string;
