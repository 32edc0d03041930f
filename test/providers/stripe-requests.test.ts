import { describe, expect, it } from 'vitest';
import { checkStripeRequest } from './stripe-requests.ts';

const INTENT = { amount: '1000', currency: 'usd', allowed_payment_method_types: ['card'], off_session: 'true' };
const check = (form: object) => () => checkStripeRequest('payment_intents.create', 'POST', '/v1/payment_intents', form);

describe('the check of requests to Stripe', () => {
  it('passes what the library can send', () => {
    expect(check({ ...INTENT, metadata: { session_id: 'any' }, expand: ['latest_charge'] })).not.toThrow();
    const capture = () =>
      checkStripeRequest('payment_intents.capture', 'POST', '/v1/payment_intents/pi_1/capture', { amount_to_capture: '400' });
    expect(capture).not.toThrow();
    const list = { created: { gte: '1' }, limit: '100' };
    expect(() => checkStripeRequest('payment_intents.list', 'GET', '/v1/payment_intents', list)).not.toThrow();
  });

  it.each([
    [{ ...INTENT, payment_method_types: ['card'] }, 'payment_method_types'],
    [{ ...INTENT, amount: 'ten' }, 'amount must be number'],
    [{ ...INTENT, capture_method: 'auto' }, 'capture_method'],
    [{ ...INTENT, allowed_payment_method_types: ['cards'] }, 'allowed_payment_method_types.0'],
    [{ ...INTENT, shipping: { address: {} } }, "shipping must have required property 'name'"],
    [{ currency: 'usd' }, "required property 'amount'"],
  ])('names the parameter that is wrong: %j', (form, message) => {
    expect(check(form)).toThrow(message);
  });

  it('refuses another path, another method and an unknown call', () => {
    expect(() => checkStripeRequest('payment_intents.create', 'GET', '/v1/payment_intents', {})).toThrow(
      'POST /v1/payment_intents',
    );
    expect(() => checkStripeRequest('payment_intents.cancel', 'POST', '/v1/payment_intents/pi_1', {})).toThrow('cancel');
    expect(() => checkStripeRequest('payment_links.create', 'POST', '/v1/payment_links', {})).toThrow('not a call');
  });
});
