import { createHash } from 'node:crypto';

/** Ids are hashes of what they belong to: the same operation gives the same ids, on every attempt and in every test. */
function derive(kind: string, parts: readonly (string | number)[]): string {
  return createHash('sha256')
    .update([kind, ...parts].join('\n'))
    .digest('base64url');
}

const ID_LENGTH = 24;

export function paymentIdOf(accountId: string, operationId: string): string {
  return `exm_pay_${derive('payment', [accountId, operationId]).slice(0, ID_LENGTH)}`;
}

/** @param origin the operation that asked for the movement; an attempt's position, where a browser did */
export function movementIdOf(paymentId: string, origin: string | number): string {
  return `exm_mov_${derive('movement', [paymentId, origin]).slice(0, ID_LENGTH)}`;
}

export function methodIdOf(movementId: string): string {
  return `exm_met_${derive('method', [movementId]).slice(0, ID_LENGTH)}`;
}

/** A keyed hash in hex. What opens something is derived by one, so that the database alone gives none of it away. */
export type Sign = (text: string) => string;

/** Opens one payment to its browser. Only its hash is stored: the bank derives it again from the operation. */
export function clientTokenOf(sign: Sign, call: { accountId: string; operationId: string }): string {
  return `exm_tok_${sign(['client token', call.accountId, call.operationId].join('\n'))}`;
}

export function challengeIdOf(sign: Sign, payment: { accountId: string; operationId: string }, position: number): string {
  return `exm_chl_${sign(['challenge', payment.accountId, payment.operationId, position].join('\n'))}`;
}

export function notificationIdOf(subjectId: string, type: string): string {
  return `exm_evt_${derive('notification', [subjectId, type]).slice(0, ID_LENGTH)}`;
}

export function hashOf(text: string): string {
  return derive('hash', [text]);
}
