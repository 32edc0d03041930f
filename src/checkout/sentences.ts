import type { Field, Problem } from './banks/bank.ts';
import type { Kind } from './session.ts';
import type { Ending } from './state.ts';

/** Everything that the page says. A language is one file in languages/ that says all of it; one that is left out is a compile error. */

/** The declines that a payer can do something about; every other is told as `other`, also what they had better not know. */
export const DECLINES = [
  'insufficient_funds',
  'expired_card',
  'incorrect_cvc',
  'processing_error',
  'authentication_failed',
  'other',
] as const;
export type DeclineReason = (typeof DECLINES)[number];

export interface Message {
  readonly heading: string;
  readonly text: string;
}

export interface Sentences {
  readonly purposes: Readonly<Record<Kind, string>>;
  /** In the place of the purpose, once nothing is going to happen any more. */
  readonly amount: string;
  /** What will happen, under the amount. */
  readonly consequences: Readonly<Record<Kind, (shop: string) => string>>;
  /** What has not happened, where the bank or the gateway has said so. */
  readonly nothingDone: Readonly<Record<Kind, string>>;
  readonly storesCard: (shop: string) => string;
  readonly testMode: string;
  readonly timeLeft: string;
  readonly minutesLeft: (minutes: number) => string;
  readonly timeOver: string;
  readonly opening: string;
  readonly offline: string;

  readonly cardHeading: string;
  readonly cardGoesTo: string;
  readonly labels: Readonly<Record<Field | 'holder', string>>;
  readonly expiryHint: string;
  readonly cvcHint: string;
  readonly problems: Readonly<Record<Problem, string>>;
  readonly pay: Readonly<Record<Kind, (amount: string) => string>>;
  readonly confirming: string;
  readonly footer: string;

  readonly declined: string;
  readonly declines: Readonly<Record<DeclineReason, string>>;
  readonly unanswered: Message;
  readonly busy: Message;
  readonly unsent: Message;
  readonly triesLeft: (count: number) => string;

  readonly unreachable: Message;
  readonly waiting: Readonly<Record<'bank' | 'start' | 'end' | 'claim', Message>>;
  readonly waitingGivenUp: Message;
  readonly uncertain: Message;
  readonly uncertainGivenUp: string;
  readonly checkAgain: string;
  readonly checking: string;

  readonly challenged: Message;
  readonly challengedApart: Message;
  readonly toBank: string;

  readonly endings: Readonly<Record<Ending, Message>>;
  readonly backToShop: (shop: string) => string;
  readonly returning: (seconds: number) => string;
  readonly stayHere: string;

  readonly testCards: string;
  readonly testCardsIntro: string;
  readonly testCardEffects: Readonly<Record<TestCard, string>>;
}

export type TestCard = 'approved' | 'declined' | 'challenged' | 'late';
