import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { addMs, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import type { ProviderAccount } from '../../src/providers/provider.ts';
import { verifyEvent } from '../../src/providers/stripe/webhook.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const SECRET = 'whsec_first';
const account: ProviderAccount = {
  id: 'account',
  merchantId: 'merchant',
  environment: 'TEST',
  provider: 'STRIPE',
  baseUrl: null,
  credentials: { webhookSecret: SECRET },
};

const event = (object: object, over: object = {}) =>
  JSON.stringify({ id: 'evt_1', type: 'payment_intent.succeeded', livemode: false, data: { object }, ...over }, null, 2);
const PAID = event({ id: 'pi_1', object: 'payment_intent', latest_charge: 'ch_1' });

interface Signing {
  readonly secret?: string;
  readonly at?: Date;
  /** What arrives in place of what was signed. */
  readonly arrives?: string;
}

function deliver(body: string, { secret = SECRET, at = NOW, arrives = body }: Signing = {}) {
  const timestamp = at.getTime() / SECOND_MS;
  const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
  return {
    method: 'POST',
    rawBody: new TextEncoder().encode(arrives),
    headers: { 'stripe-signature': header },
    query: {},
  } as const;
}

const verify = (request: Parameters<typeof verifyEvent>[1], of = account) => verifyEvent(of, request, NOW);
const rejected = (rejection: string) => ({ isVerified: false, rejection });

describe('a notification of Stripe', () => {
  it.each([
    ['payment intent', { id: 'pi_1', latest_charge: 'ch_1' }, ['pi_1', 'ch_1']],
    ['payment intent before its first charge', { id: 'pi_1', latest_charge: null }, ['pi_1']],
    ['charge', { id: 'ch_1', payment_intent: 'pi_1' }, ['ch_1', 'pi_1']],
    ['charge with its intent', { id: 'ch_1', payment_intent: { id: 'pi_1' } }, ['ch_1', 'pi_1']],
    ['refund', { id: 're_1', charge: 'ch_1', payment_intent: 'pi_1' }, ['re_1', 'pi_1', 'ch_1']],
    ['setup intent', { id: 'seti_1' }, ['seti_1']],
    ['payment method', { id: 'pm_1', customer: 'cus_1' }, []],
    ['object without an id', { available: [] }, []],
  ])('of a %s names what may have changed', (_name, object, providerCodes) => {
    const hint = { eventId: 'evt_1', type: 'payment_intent.succeeded', providerCodes, disputeCodes: [] };
    expect(verify(deliver(event(object)))).toEqual({ isVerified: true, hint });
  });

  it('of a dispute names the dispute alone', () => {
    for (const id of ['dp_1', 'du_1']) {
      const body = event({ id, payment_intent: 'pi_1', charge: 'ch_1' }, { type: 'charge.dispute.created' });
      expect(verify(deliver(body))).toMatchObject({ hint: { providerCodes: [], disputeCodes: [id] } });
    }
  });

  it('is good under each of the secrets of the account', () => {
    const rolling = { ...account, credentials: { webhookSecret: `whsec_old, whsec_older\n${SECRET}` } };
    for (const secret of ['whsec_old', 'whsec_older', SECRET]) {
      expect(verify(deliver(PAID, { secret }), rolling).isVerified).toBe(true);
    }
    expect(verify(deliver(PAID, { secret: 'whsec_other' }), rolling)).toEqual(rejected('wrong-signature'));
  });

  it('without a signature, or for an account without a secret, is unsigned', () => {
    expect(verify({ ...deliver(PAID), headers: {} })).toEqual(rejected('unsigned'));
    const open = { ...account, credentials: { webhookSecret: ' , ' } };
    expect(verify(deliver(PAID, { secret: ' ' }), open)).toEqual(rejected('unsigned'));
  });

  it.each(['v1=00', 't=,v1=00', 't=1x,v1=00', 't=1', 't=1,v0=00', 'hello'])('with the signature %s is malformed', (header) => {
    expect(verify({ ...deliver(PAID), headers: { 'stripe-signature': header } })).toEqual(rejected('malformed'));
  });

  it('that tells two times is malformed, although the library would take the last', () => {
    const old = deliver(PAID, { at: addMs(NOW, -60 * MINUTE_MS) });
    const header = `t=${NOW.getTime() / SECOND_MS},${old.headers['stripe-signature']}`;
    expect(verify({ ...old, headers: { 'stripe-signature': header } })).toEqual(rejected('malformed'));
  });

  it('of other content has a wrong signature', () => {
    expect(verify(deliver(PAID, { arrives: PAID.replace('pi_1', 'pi_2') }))).toEqual(rejected('wrong-signature'));
    expect(verify(deliver(PAID, { arrives: '' }))).toEqual(rejected('wrong-signature'));
  });

  it('of the same content in other bytes was rewritten on the way', () => {
    expect(verify(deliver(PAID, { arrives: JSON.stringify(JSON.parse(PAID)) }))).toEqual(rejected('changed-body'));
    expect(verify(deliver(PAID, { arrives: `${PAID}\n` }))).toEqual(rejected('changed-body'));
    const compact = JSON.stringify(JSON.parse(PAID));
    expect(verify(deliver(compact, { arrives: PAID }))).toEqual(rejected('changed-body'));
  });

  it.each([
    [-300 * SECOND_MS, true],
    [300 * SECOND_MS, true],
    [-301 * SECOND_MS, false],
    [301 * SECOND_MS, false],
  ])('signed %i ms from now is good: %s', (ageMs, isVerified) => {
    const verdict = verify(deliver(PAID, { at: addMs(NOW, ageMs) }));
    expect(verdict.isVerified ? true : verdict.rejection).toBe(isVerified || 'stale');
  });

  it.each([
    'not json',
    '[]',
    '"text"',
    '{"id":"evt_1"}',
    event({}, { id: 'other_1' }),
    event({}, { object: 'v2.core.event', data: null }),
  ])('that is signed and not an event is malformed: %s', (body) => {
    expect(verify(deliver(body))).toEqual(rejected('malformed'));
  });

  it('of the other side belongs to another account', () => {
    expect(verify(deliver(event({ id: 'pi_1' }, { livemode: true })))).toEqual(rejected('wrong-account'));
    const live = { ...account, environment: 'LIVE' } as const;
    expect(verify(deliver(PAID), live)).toEqual(rejected('wrong-account'));
    expect(verify(deliver(event({ id: 'pi_1' }, { livemode: true })), live).isVerified).toBe(true);
  });

  it('with ten signatures is looked at, and with more is malformed', () => {
    const signed = deliver(PAID);
    const header = (others: number) => `${signed.headers['stripe-signature']}${',v1=00'.repeat(others)}`;
    expect(verify({ ...signed, headers: { 'stripe-signature': header(9) } }).isVerified).toBe(true);
    expect(verify({ ...signed, headers: { 'stripe-signature': header(10) } })).toEqual(rejected('malformed'));
  });

  it('that is rewritten and unusually large or deep is refused without being parsed', () => {
    const large = event({ id: 'pi_1', metadata: { text: 'x'.repeat(65_536) } });
    expect(verify(deliver(large, { arrives: `${large}\n` }))).toEqual(rejected('wrong-signature'));
    const deep = event({ id: 'pi_1', deep: JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) });
    expect(verify(deliver(deep, { arrives: `${deep}\n` }))).toEqual(rejected('wrong-signature'));
  });

  it('with a signature is read although it is as large as Stripe sends it', () => {
    const lines = Array.from({ length: 4_000 }, (_, index) => ({ id: `il_${index}`, amount: index, metadata: { a: 'b' } }));
    const body = event({ id: 'pi_1', lines });
    expect(body.length).toBeGreaterThan(256_000);
    expect(verify(deliver(body)).isVerified).toBe(true);
  });

  it('with a signature and 600 levels is malformed', () => {
    const body = `${'['.repeat(600)}${']'.repeat(600)}`;
    expect(verify(deliver(body))).toEqual(rejected('malformed'));
  });
});
