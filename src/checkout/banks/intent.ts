import { lookUp } from '../../kernel/look-up.ts';
import type { BankStatus, Problems } from './bank.ts';

/** What Stripe's intents say, read alike from its API and from its script. */

export interface Intent {
  readonly status: string;
  readonly next_action?: { readonly redirect_to_url?: { readonly url?: string | null } | null } | null;
  readonly last_payment_error?: IntentError | null;
  readonly last_setup_error?: IntentError | null;
}

export interface IntentError {
  readonly type?: string;
  readonly code?: string;
  readonly decline_code?: string;
  readonly param?: string;
}

/** Status of PaymentIntent and SetupIntent (stripe 23.1.0, 2026-10). A word that is new is not believed to be open. */
export function statusOf(intent: Intent): BankStatus {
  switch (intent.status) {
    case 'requires_payment_method':
    case 'requires_confirmation':
      return { phase: 'open', declineCode: declineCodeOf(intent.last_payment_error ?? intent.last_setup_error ?? {}) };
    case 'requires_action': {
      const url = intent.next_action?.redirect_to_url?.url;
      return url ? { phase: 'challenged', url } : { phase: 'open', declineCode: null };
    }
    case 'requires_capture':
    case 'succeeded':
      return { phase: 'succeeded' };
    case 'canceled':
      return { phase: 'closed' };
    default:
      return { phase: 'processing' };
  }
}

const AUTHENTICATION_CODES: readonly unknown[] = ['payment_intent_authentication_failure', 'setup_intent_authentication_failure'];

/** Null when there was no error. Failed authentication has codes of its own. */
export function declineCodeOf({ code, decline_code: declineCode }: IntentError): string | null {
  if (AUTHENTICATION_CODES.includes(code)) return 'authentication_failed';
  return declineCode ?? code ?? null;
}

/** What Stripe calls a card error although the payer has only mistyped. */
const FORM_CODES: Readonly<Record<string, Problems>> = {
  incorrect_number: { number: 'number-wrong' },
  invalid_number: { number: 'number-wrong' },
  invalid_expiry_month: { expiry: 'expiry-wrong' },
  invalid_expiry_year: { expiry: 'expiry-past' },
  invalid_cvc: { cvc: 'cvc-wrong' },
};

/** Null when the form is not what is wrong. */
export function problemsOf({ code = '' }: IntentError): Problems | null {
  return lookUp(FORM_CODES, code) ?? null;
}
