import { describe, expect, it } from 'vitest';
import { notificationChecksumOf } from '../../src/providers/nuvei/checksum.ts';
import { createNuveiProvider } from '../../src/providers/nuvei/nuvei.ts';
import type { WebhookRequest } from '../../src/providers/provider.ts';
import { accountAt, NOW, SECRET, WEBHOOK_URL } from './nuvei-fake.ts';

const provider = createNuveiProvider({ webhookUrl: () => WEBHOOK_URL });
const account = accountAt(null);

const SALE = {
  ppp_status: 'OK',
  PPP_TransactionID: '471268418',
  TransactionID: '7110000000001884667',
  relatedTransactionId: '',
  Status: 'APPROVED',
  transactionType: 'Sale',
  totalAmount: '10.00',
  currency: 'USD',
  responseTimeStamp: '2026-01-15.10:31:00',
  productId: 'NA',
  merchant_id: '1234567890123456789',
  merchant_site_id: '123456',
  nameOnCard: 'Jané Doe & Co',
};

function signed(fields: Readonly<Record<string, string>>, secret = SECRET): Record<string, string> {
  return { ...fields, advanceResponseChecksum: notificationChecksumOf(fields, secret) };
}

function asGet(fields: Readonly<Record<string, string>>): WebhookRequest {
  return { method: 'GET', rawBody: new Uint8Array(), headers: {}, query: fields };
}

function asPost(fields: Readonly<Record<string, string>>): WebhookRequest {
  const rawBody = new TextEncoder().encode(new URLSearchParams(fields).toString());
  return { method: 'POST', rawBody, headers: { 'content-type': 'application/x-www-form-urlencoded' }, query: {} };
}

const verify = (request: WebhookRequest) => provider.verifyWebhook(account, request, NOW);

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`field${index}`, '']));

describe.each([
  ['GET', asGet],
  ['POST', asPost],
])('a notification by %s', (_method, as) => {
  it('names the order and the transaction', () => {
    expect(verify(as(signed(SALE)))).toEqual({
      isVerified: true,
      hint: {
        eventId: '7110000000001884667:APPROVED:Sale',
        type: 'Sale.APPROVED',
        providerCodes: ['471268418', '7110000000001884667'],
        disputeCodes: [],
      },
    });
  });

  it('of a refund names what was refunded too', () => {
    const refund = { ...SALE, TransactionID: '711', relatedTransactionId: '7110000000001884667', transactionType: 'Credit' };
    expect(verify(as(signed(refund)))).toMatchObject({ hint: { providerCodes: ['471268418', '711', '7110000000001884667'] } });
  });

  it('of a chargeback names a dispute and the disputed payment', () => {
    const chargeback = { ...SALE, TransactionID: '722', relatedTransactionId: '711', transactionType: 'Chargeback' };
    expect(verify(as(signed(chargeback)))).toMatchObject({
      hint: { eventId: '722:APPROVED:Chargeback', providerCodes: ['471268418', '711'], disputeCodes: ['722'] },
    });
  });

  it('of a tokenization is about nothing of ours', () => {
    const tokenization = signed({ ...SALE, type: 'CARD_TOKENIZATION' });
    expect(verify(as(tokenization))).toMatchObject({ isVerified: true, hint: { providerCodes: [], disputeCodes: [] } });
  });

  it.each([
    ['totalAmount', '10.01'],
    ['currency', 'EUR'],
    ['responseTimeStamp', '2026-01-15.10:31:01'],
    ['PPP_TransactionID', '471268419'],
    ['Status', 'DECLINED'],
    ['productId', ''],
  ])('with another %s under the same checksum is rejected', (name, value) => {
    expect(verify(as({ ...signed(SALE), [name]: value }))).toEqual({ isVerified: false, rejection: 'wrong-signature' });
  });

  it('with more than 500 fields is malformed', () => {
    const fields = signed(SALE);
    const room = 500 - Object.keys(fields).length;
    expect(verify(as({ ...fields, ...many(room) })).isVerified).toBe(true);
    expect(verify(as({ ...fields, ...many(room + 1) }))).toEqual({ isVerified: false, rejection: 'malformed' });
  });

  it('signed with another secret is rejected', () => {
    expect(verify(as(signed(SALE, 'OTHER')))).toEqual({ isVerified: false, rejection: 'wrong-signature' });
  });

  it('without a checksum, as those of subscriptions, is unsigned', () => {
    expect(verify(as(SALE))).toEqual({ isVerified: false, rejection: 'unsigned' });
    expect(verify(as({ ...SALE, responsechecksum: 'ab' }))).toEqual({ isVerified: false, rejection: 'unsigned' });
  });

  it.each(['merchant_id', 'merchant_site_id'])(
    'with another %s, which the checksum does not cover, is of another account',
    (name) => {
      expect(verify(as(signed({ ...SALE, [name]: '1' })))).toEqual({ isVerified: false, rejection: 'wrong-account' });
      const { [name]: _absent, ...rest } = SALE as Record<string, string>;
      expect(verify(as(signed(rest)))).toEqual({ isVerified: false, rejection: 'wrong-account' });
    },
  );
});

describe('a notification', () => {
  it('whose body is no text is malformed', () => {
    const request: WebhookRequest = { method: 'POST', rawBody: new Uint8Array([0xff, 0xfe]), headers: {}, query: {} };
    expect(verify(request)).toEqual({ isVerified: false, rejection: 'malformed' });
  });

  it('of more than 64 kB is malformed', () => {
    const fields = signed(SALE);
    expect(verify(asPost({ ...fields, customField1: 'x'.repeat(64_000) })).isVerified).toBe(true);
    const large = asPost({ ...fields, customField1: 'x'.repeat(66_000) });
    expect(verify(large)).toEqual({ isVerified: false, rejection: 'malformed' });
  });

  it('by POST is read from its body alone', () => {
    const request = { ...asPost({}), query: signed(SALE) };
    expect(verify(request)).toEqual({ isVerified: false, rejection: 'unsigned' });
  });

  it('is never verified for an account without a secret', () => {
    const bare = { ...account, credentials: {} };
    const forged = signed({ ...SALE, merchant_id: '', merchant_site_id: '' }, '');
    expect(provider.verifyWebhook(bare, asGet(forged), NOW)).toEqual({ isVerified: false, rejection: 'unsigned' });
  });
});
