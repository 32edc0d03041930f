import type { BankStatus, Problems } from './banks/bank.ts';
import type { Session, Shop } from './session.ts';

/** What the page knows and shows at one moment. */

export type Ending =
  | 'paid'
  | 'held'
  | 'stored'
  | 'declined'
  | 'canceled'
  | 'expired'
  | 'failed'
  /** The token opens nothing. */
  | 'invalid'
  /** The link came without a token. */
  | 'incomplete'
  /** Back from a challenge, answered or not, in a tab of its own: the payment waits in another one. */
  | 'elsewhere'
  /** No part of this page knows the provider. */
  | 'unserved';

export type Notice =
  | { readonly about: 'declined'; readonly code: string | null }
  /** A try has come to nothing so far, and nobody told why. */
  | { readonly about: 'unanswered' }
  | { readonly about: 'busy' }
  | { readonly about: 'unsent' };

export type View =
  | { readonly name: 'opening' }
  /** Nothing could be read; nothing was sent. */
  | { readonly name: 'unreachable' }
  | { readonly name: 'asking'; readonly notice: Notice | null; readonly problems: Problems }
  | { readonly name: 'confirming' }
  /** Something else must happen first: the bank decides, the start is answered, the session ends, a claim is confirmed. */
  | { readonly name: 'waiting'; readonly on: 'bank' | 'start' | 'end' | 'claim'; readonly isGivenUp: boolean }
  /** A try to pay was sent and its answer is lost. Where there were declines before it, one that is read says nothing of this try. */
  | { readonly name: 'uncertain'; readonly hadDeclines: boolean; readonly wasSeenOpen: boolean; readonly isGivenUp: boolean }
  | { readonly name: 'challenged'; readonly url: string; readonly way: 'offered' | 'leaving' | 'apart' }
  | { readonly name: 'ended'; readonly ending: Ending; readonly isFresh: boolean };

/** How things stand, as the gateway and the bank tell it. */
export type Truth =
  | 'gone'
  | {
      readonly session: Session;
      readonly shop: Shop;
      /** `closed-off`: there is nothing to pay with, before the start is answered or after the end. */
      readonly status: BankStatus | 'closed-off' | 'unserved';
    };

export interface State {
  readonly view: View;
  readonly session: Session | null;
  readonly shop: Shop | null;
  /** Attempts that are known to have been made. */
  readonly attempts: number;
  /** Whether the payer has just tried to pay, here or before the trip to a challenge. */
  readonly hasTried: boolean;
  readonly isLooking: boolean;
  readonly isOffline: boolean;
  /** Whether the countdown has run out, which ends nothing: the gateway does. */
  readonly isOverdue: boolean;
  /** Counts tries; what was asked before the last one is answered too late. */
  readonly epoch: number;
  /** Pauses made in a row in this view. */
  readonly pauses: number;
}

/** How many more tries the session takes; null when it has not been read. */
export function attemptsLeft({ session, attempts }: State): number | null {
  return session === null ? null : Math.max(0, session.attemptsMax - attempts);
}

export const SUCCESSES: readonly Ending[] = ['paid', 'held', 'stored'];
