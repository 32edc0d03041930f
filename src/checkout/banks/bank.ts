import type { Session } from '../session.ts';

/** How the page talks to whoever takes the card behind a session: the test bank, a simulated vendor, or a vendor's own script. */

export interface Card {
  /** Digits only. */
  readonly number: string;
  /** 1 to 12. */
  readonly month: number;
  /** Four digits. */
  readonly year: number;
  readonly cvc: string;
}

export type Field = 'number' | 'expiry' | 'cvc';
export type Problem =
  | 'number-missing'
  | 'number-wrong'
  | 'number-unknown'
  | 'expiry-missing'
  | 'expiry-wrong'
  | 'expiry-past'
  | 'cvc-wrong';
export type Problems = Readonly<Partial<Record<Field, Problem>>>;

/** How the payment stands, as the bank tells whoever asks. */
export type BankStatus =
  /** It can be paid. The code is that of the last attempt, where that one was declined. */
  | { readonly phase: 'open'; readonly declineCode: string | null }
  | { readonly phase: 'challenged'; readonly url: string }
  | { readonly phase: 'processing' }
  | { readonly phase: 'succeeded' }
  /** A try was made, and whom the page can ask has not heard of its end. */
  | { readonly phase: 'unheard' }
  /** Nothing can be paid any more. How it ended is the gateway's to say. */
  | { readonly phase: 'closed' };

/** What came of one try to pay. */
export type Answer =
  | { readonly result: 'succeeded' }
  | { readonly result: 'processing' }
  | { readonly result: 'challenged'; readonly url: string }
  | { readonly result: 'declined'; readonly code: string | null }
  /** The form is wrong, and nobody was asked. A vendor's own fields tell their problems themselves. */
  | { readonly result: 'refused'; readonly problems: Problems }
  /** Turned away before anything was done. */
  | { readonly result: 'busy' }
  /** The payment is not where the page took it to be. */
  | { readonly result: 'conflict' }
  /** The browser has no network, so nothing left it. */
  | { readonly result: 'unsent' }
  /** Sent, and no answer that can be used came back. */
  | { readonly result: 'lost' }
  /** A vendor's script says that it succeeded, which is looked up before it is believed. */
  | { readonly result: 'claimed' };

/** What came of a try after which the payment stands so: open means that it did not help. */
export function answerOf(status: BankStatus): Answer {
  switch (status.phase) {
    case 'succeeded':
    case 'processing':
      return { result: status.phase };
    case 'challenged':
      return { result: 'challenged', url: status.url };
    case 'open':
      return { result: 'declined', code: status.declineCode };
    case 'unheard':
      return { result: 'lost' };
    case 'closed':
      return { result: 'conflict' };
  }
}

interface AnyBank {
  /** Rejects when nobody answers. */
  status(session: Session): Promise<BankStatus>;
}

/** Takes the card from our own form. */
export interface CardBank extends AnyBank {
  readonly takes: 'card';
  /** A rejection counts as a lost answer. */
  confirm(card: Card): Promise<Answer>;
}

/** What a vendor's fields should look like, and say where the vendor leaves that to the page. */
export interface FieldLook {
  readonly isDark: boolean;
  /** As this page has them. */
  readonly colors: { readonly accent: string; readonly surface: string; readonly ink: string; readonly bad: string };
  readonly radius: string;
  /** A language tag. */
  readonly locale: string;
  readonly labels: Readonly<Record<Field | 'holder', string>>;
}

/** Takes the card from fields of the vendor's own, which this page cannot read. */
export interface FieldBank extends AnyBank {
  readonly takes: 'fields';
  /** Puts the fields into the element. Rejects when the vendor's script cannot be had. */
  mount(element: HTMLElement, look: FieldLook): Promise<void>;
  /** A rejection counts as a lost answer. */
  confirm(session: Session): Promise<Answer>;
}

export type Bank = CardBank | FieldBank;
