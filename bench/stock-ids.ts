/**
 * What is stored before a round and used up in it: an authorization whose hold can be settled, a payment that can be refunded, and
 * a session that was paid at the bank and that the gateway has not heard of. Each item is known by its index.
 */
export type Stocked = 'authorization' | 'payment' | 'unheard';

const DIGITS: Readonly<Record<Stocked, string>> = { authorization: 'a', payment: 'b', unheard: 'c' };

export function sessionIdOf(kind: Stocked, index: number): string {
  return toId(`0${DIGITS[kind]}000000`, index);
}

export function transactionIdOf(kind: Stocked, index: number): string {
  return toId(`1${DIGITS[kind]}000000`, index);
}

/** Of the bank's payment and of the attempt that succeeded. */
export function codesOf(kind: Stocked, index: number): readonly [payment: string, attempt: string] {
  const digits = sessionIdOf(kind, index).replaceAll('-', '');
  return [`exm_pay_${digits}`, `exm_mov_${digits}`];
}

function toId(start: string, index: number): string {
  return `${start}-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}
