import type { Refusal } from './refusal.ts';

/** An expected outcome as a value: what was asked for, or why it was refused. Exceptions are left for bugs and dead dependencies. */
export type Result<T, E = Refusal> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refused<E>(refusal: E): { readonly ok: false; readonly refusal: E } {
  return { ok: false, refusal };
}
