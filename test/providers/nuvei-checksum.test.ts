import { describe, expect, it } from 'vitest';
import {
  CHECKSUM_FIELDS,
  checksumOf,
  type NuveiMethod,
  notificationChecksumOf,
  presentFields,
  toTimeStamp,
} from '../../src/providers/nuvei/checksum.ts';

const BASE = { merchantId: '1234567890123456789', merchantSiteId: '123456', timeStamp: '20260115103000' };
const SETTLE = {
  clientRequestId: 'req-2',
  clientUniqueId: 'uniq-1',
  amount: '100.00',
  currency: 'USD',
  relatedTransactionId: '7110000000001',
  authCode: '111222',
};

/** Made by running Nuvei's own npm SDK with its hash printed, and compared with its PHP SDK. */
const VECTORS: readonly [name: string, method: NuveiMethod, fields: Parameters<typeof presentFields>[0], checksum: string][] = [
  [
    'openOrder',
    'openOrder',
    { clientRequestId: 'req-1', amount: '100.00', currency: 'USD' },
    '3bbf07056682b81a4cd9f4043800f307c138eed1a16fd37ae7084210cd6eb027',
  ],
  [
    'getSessionToken',
    'getSessionToken',
    { clientRequestId: 'req-1' },
    'c7ee4b9b8d21a38528bfad25aa99fe953692575d6cc78b05898509fa70bee136',
  ],
  ['settleTransaction', 'settleTransaction', SETTLE, '22e2077117dd2f7fb8bb4cf03493bc11247c52b50cde66855d2ffa1a14af7dce'],
  [
    'settleTransaction with a notification URL',
    'settleTransaction',
    { ...SETTLE, urlDetails: { notificationUrl: 'https://gw.example.com/hook' } },
    '5c458f403e40569f976effaf286c4ecb7f4c0149500b0f817b8c9522eff6c870',
  ],
  [
    'refundTransaction',
    'refundTransaction',
    {
      clientRequestId: 'req-3',
      clientUniqueId: 'uniq-1',
      amount: '40.00',
      currency: 'USD',
      relatedTransactionId: '7110000000002',
    },
    '6c450328f1e687a7dd5469a3ffecfcfeeac990ffa5290af7ca1b78ef5a9c42b6',
  ],
  [
    'voidTransaction without an amount',
    'voidTransaction',
    { clientRequestId: 'req-4', clientUniqueId: 'uniq-1', relatedTransactionId: '7110000000001' },
    '57430991c524bb14353364523e977cd32732e49a1621a563e38fe3dc9e51a63e',
  ],
  [
    'getUserUPOs',
    'getUserUPOs',
    { userTokenId: 'user-1', clientRequestId: 'req-5' },
    'e8752e8e6a31101831fdbfd873ea56c3c93b490bb47e28a86dce12ad8962f798',
  ],
];

describe('a checksum', () => {
  it.each(VECTORS)('of %s is what Nuvei’s own SDK makes', (_name, method, fields, checksum) => {
    expect(checksumOf(CHECKSUM_FIELDS[method] ?? [], presentFields({ ...BASE, ...fields }), 'SECRET')).toBe(checksum);
  });

  it('counts what is absent, null or empty as not sent', () => {
    expect(presentFields({ a: '1', b: null, c: undefined, d: '', e: {} })).toEqual({ a: '1' });
  });

  it('is stamped in UTC, to the second', () => {
    expect(toTimeStamp(new Date('2026-01-15T23:59:59.999-02:00'))).toBe('20260116015959');
  });
});

describe('the checksum of a notification', () => {
  it('is what Nuvei’s plugin for SAP expects', () => {
    const fields = {
      totalAmount: '115',
      currency: 'USD',
      responseTimeStamp: '2020-03-14.16:22:34',
      PPP_TransactionID: '3453459',
      Status: 'APPROVED',
      productId: 'NA',
    };
    expect(notificationChecksumOf(fields, 'THE_SECRET_KEY')).toBe(
      'aaa9ad16c8ed9f172dff505e4eeb8929b9c77cfed3e38127d55d42e33a70c762',
    );
  });

  it('has the secret first and what is absent as nothing', () => {
    const fields = {
      totalAmount: '100.00',
      currency: 'USD',
      responseTimeStamp: '2026-01-15.10:31:00',
      PPP_TransactionID: '9876543',
      Status: 'APPROVED',
      productId: 'NA',
    };
    expect(notificationChecksumOf(fields, 'SECRET')).toBe('8aa5103e7691268fd732e3cc3a79ac86b21de053f6ea7e42f7318e6c280f2170');
    const { productId: _absent, ...rest } = fields;
    expect(notificationChecksumOf(rest, 'SECRET')).toBe(notificationChecksumOf({ ...fields, productId: '' }, 'SECRET'));
  });
});
