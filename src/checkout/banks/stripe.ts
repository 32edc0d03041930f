import type { Appearance, Stripe, StripeElements, StripeError, StripePaymentElementOptions } from '@stripe/stripe-js';
import { loadStripe } from '@stripe/stripe-js/pure';
import { within } from '../deadline.ts';
import { forgetToken, keepToken, returnAddress } from '../trip.ts';
import type { Answer, FieldBank, FieldLook } from './bank.ts';
import { declineCodeOf, type Intent, statusOf } from './intent.ts';

/**
 * Stripe by its own script and Payment Element (@stripe/stripe-js 10.2.1, 2026-11). The card stays in Stripe's frames. What the script
 * says of a try is not believed alone: the intent is read again.
 */

export interface StripePayload {
  readonly publishableKey: string;
  readonly clientSecret: string;
  readonly intent: 'payment' | 'setup';
  /** In the form of Stripe.js. */
  readonly billingDetails: Readonly<Record<string, unknown>>;
}

/** A payer may take their time at a challenge, which the script shows over this page. */
const CONFIRM_DEADLINE_MS = 15 * 60_000;
const READ_DEADLINE_MS = 20_000;

/** @param token the session's own, to come back with from a page of Stripe's */
export function stripeBank(payload: StripePayload, token: string): FieldBank {
  const { publishableKey, clientSecret, intent } = payload;
  const fields: { elements: StripeElements | null } = { elements: null };
  const load = (): Promise<Stripe> => loadOnce(publishableKey);
  return {
    takes: 'fields',
    async status() {
      const stripe = await within(READ_DEADLINE_MS, load());
      const read = intent === 'payment' ? readPayment(stripe, clientSecret) : readSetup(stripe, clientSecret);
      return statusOf(await within(READ_DEADLINE_MS, read));
    },
    async mount(element, look) {
      const stripe = await within(READ_DEADLINE_MS, load());
      const elements = stripe.elements({ clientSecret, appearance: toAppearance(look), locale: toLocale(look.locale) });
      const options: StripePaymentElementOptions = {
        defaultValues: { billingDetails: knownOf(payload.billingDetails) },
        // Cards only, as at every other provider.
        wallets: { applePay: 'never', googlePay: 'never' },
      };
      const card = elements.create('payment', options);
      const isReady = new Promise<void>((resolve, reject) => {
        card.on('ready', () => resolve());
        card.on('loaderror', ({ error }) => reject(new Error(error.message ?? 'The fields could not be loaded.')));
      });
      card.mount(element);
      await within(READ_DEADLINE_MS, isReady);
      fields.elements = elements;
    },
    async confirm() {
      const { elements } = fields;
      if (elements === null) return { result: 'conflict' };
      const stripe = await within(READ_DEADLINE_MS, load());
      const submitted = await within(READ_DEADLINE_MS, elements.submit());
      if (submitted.error) return { result: 'refused', problems: {} };
      const params = { return_url: returnAddress(), payment_method_data: { billing_details: knownOf(payload.billingDetails) } };
      const given = { elements, confirmParams: params, redirect: 'if_required' } as const;
      const confirm = async (): Promise<{ error?: StripeError | undefined }> =>
        intent === 'payment' ? stripe.confirmPayment(given) : stripe.confirmSetup(given);
      // The script leads away by itself only where a card cannot be confirmed on this page.
      keepToken(token);
      try {
        const { error } = await within(CONFIRM_DEADLINE_MS, confirm());
        return error === undefined ? { result: 'claimed' } : toAnswer(error);
      } finally {
        forgetToken();
      }
    },
  };
}

async function loadOnce(publishableKey: string): Promise<Stripe> {
  const stripe = await loadStripe(publishableKey);
  if (stripe === null) throw new Error('There is no browser to load Stripe.js in.');
  return stripe;
}

async function readPayment(stripe: Stripe, clientSecret: string): Promise<Intent> {
  const { paymentIntent } = await stripe.retrievePaymentIntent(clientSecret);
  if (paymentIntent === undefined) throw new Error('Stripe did not tell how the payment stands.');
  return paymentIntent;
}

async function readSetup(stripe: Stripe, clientSecret: string): Promise<Intent> {
  const { setupIntent } = await stripe.retrieveSetupIntent(clientSecret);
  if (setupIntent === undefined) throw new Error('Stripe did not tell how the card stands.');
  return setupIntent;
}

/** The script's errors by type (@stripe/stripe-js 10.2.1). A type that is new may have done something, so it is looked up. */
function toAnswer(error: StripeError): Answer {
  switch (error.type) {
    case 'validation_error':
      return { result: 'refused', problems: {} };
    case 'card_error':
      return { result: 'declined', code: declineCodeOf(error) };
    case 'invalid_request_error': {
      const code = declineCodeOf(error);
      return code === 'authentication_failed' ? { result: 'declined', code } : { result: 'conflict' };
    }
    case 'rate_limit_error':
      return { result: 'busy' };
    case 'api_connection_error':
    case 'api_error':
    case 'authentication_error':
    case 'idempotency_error':
    default:
      return { result: 'lost' };
  }
}

/** Without what is not known: the script takes no nulls. */
function knownOf(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = Object.entries(details).filter(([, value]) => value !== null);
  return Object.fromEntries(known.map(([name, value]) => [name, isRecord(value) ? knownOf(value) : value]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function toAppearance({ isDark, colors: { accent, surface, ink, bad }, radius }: FieldLook): Appearance {
  const colors = { colorPrimary: accent, colorBackground: surface, colorText: ink, colorDanger: bad };
  return {
    theme: isDark ? 'night' : 'stripe',
    variables: { ...colors, fontFamily: 'system-ui, sans-serif', borderRadius: radius },
  };
}

/** Stripe.js takes the language without its region where it has no such one, and `auto` for what it does not know. */
function toLocale(locale: string): 'auto' | 'en' | 'de' {
  const [language = ''] = locale.split('-');
  return language === 'en' || language === 'de' ? language : 'auto';
}
