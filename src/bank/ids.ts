import { createHash } from 'node:crypto';

/** Ids are hashes of what they belong to: the same operation gives the same ids, on every attempt and in every test. */
function derive(kind: string, parts: readonly (string | number)[]): string {
  return createHash('sha256').update([kind, ...parts].join('\n')).digest('base64url');
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

/** Opens one payment to its browser. Only its hash is stored: whoever knows the operation derives it again. */
export function clientTokenOf(accountId: string, operationId: string): string {
  return `exm_tok_${derive('client token', [accountId, operationId])}`;
}

export function challengeIdOf(accountId: string, operationId: string, position: number): string {
  return `exm_chl_${derive('challenge', [accountId, operationId, position])}`;
}

export function notificationIdOf(subjectId: string, type: string): string {
  return `exm_evt_${derive('notification', [subjectId, type]).slice(0, ID_LENGTH)}`;
}

export function hashOf(text: string): string {
  return derive('hash', [text]);
}
