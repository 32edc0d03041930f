import { lookUp } from '../../kernel/look-up.ts';
import { readGood, send } from '../request.ts';
import type { Answer, BankStatus, Card, CardBank, Problem, Problems } from './bank.ts';

/** The gateway's own test bank. Outside of its GraphQL, as a card number passes here. */

interface WireStatus {
  readonly phase: 'open' | 'requires_action' | 'processing' | 'succeeded' | 'closed';
  readonly declineCode?: string;
  readonly challengeUrl?: string;
}

interface WireAnswer {
  readonly status?: 'succeeded' | 'declined' | 'requires_action' | 'processing';
  readonly declineCode?: string;
  readonly challengeUrl?: string;
  readonly error?: { readonly code?: string; readonly field?: string };
}

/** @param token the session's own */
export function exampleBank(token: string): CardBank {
  return {
    takes: 'card',
    async status() {
      const response = await send('/example/v1/status', { json: { token } });
      if (response.status === 404) return { phase: 'closed' };
      return toStatus((await readGood(response)) as WireStatus);
    },
    async confirm(card) {
      const response = await send('/example/v1/confirm', { json: { token, card: toWire(card) } });
      const answer = (await response.json()) as WireAnswer;
      return response.ok ? toAnswer(answer) : toRefusal(response.status, answer.error ?? {});
    },
  };
}

function toWire({ number, month, year, cvc }: Card) {
  return { number, expMonth: month, expYear: year, cvc };
}

function toStatus({ phase, declineCode, challengeUrl }: WireStatus): BankStatus {
  switch (phase) {
    case 'open':
      return { phase, declineCode: declineCode ?? null };
    case 'requires_action':
      return { phase: 'challenged', url: pathOf(challengeUrl) };
    case 'processing':
    case 'succeeded':
    case 'closed':
      return { phase };
  }
}

function toAnswer({ status, declineCode, challengeUrl }: WireAnswer): Answer {
  switch (status) {
    case 'succeeded':
    case 'processing':
      return { result: status };
    case 'requires_action':
      return { result: 'challenged', url: pathOf(challengeUrl) };
    case 'declined':
      return { result: 'declined', code: declineCode ?? null };
    case undefined:
    default:
      // An answer that says nothing of the card is as good as none.
      return { result: 'lost' };
  }
}

/** The bank's page is on this origin, whatever name the gateway gives itself. */
function pathOf(url = ''): string {
  return new URL(url, location.href).pathname;
}

const PROBLEMS: Readonly<Record<string, Problems>> = {
  invalid_number: { number: 'number-wrong' },
  unknown_card: { number: 'number-unknown' },
  invalid_expiry: { expiry: 'expiry-past' },
  invalid_cvc: { cvc: 'cvc-wrong' },
};
const PROBLEM_OF_FIELD: Readonly<Record<string, Problem>> = { number: 'number-wrong', expiry: 'expiry-wrong', cvc: 'cvc-wrong' };

function toRefusal(status: number, { code = '', field = '' }: NonNullable<WireAnswer['error']>): Answer {
  if (status === 400) return { result: 'refused', problems: lookUp(PROBLEMS, code) ?? problemsOf(field) };
  if (status === 429) return { result: 'busy' };
  return status === 404 || status === 409 ? { result: 'conflict' } : { result: 'lost' };
}

function problemsOf(field: string): Problems {
  const name = /expMonth|expYear/.test(field) ? 'expiry' : field.replace('card.', '');
  const known = lookUp(PROBLEM_OF_FIELD, name) === undefined ? 'number' : name;
  return { [known]: PROBLEM_OF_FIELD[known] };
}
