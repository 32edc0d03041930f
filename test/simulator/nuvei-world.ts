import { createHash, randomUUID } from 'node:crypto';
import type { SimulatedAccount } from '../../src/simulator/accounts.ts';
import type { World } from '../support/world.ts';
import { type Answer, APPROVED, ask } from './simulator-world.ts';

type NuveiAccount = Extract<SimulatedAccount, { dialect: 'NUVEI' }>;
type Fields = Readonly<Record<string, unknown>>;

/** The orders of joining, written down here once more from the facts: what the simulator has must agree. */
const MOVE = [
  'merchantId',
  'merchantSiteId',
  'clientRequestId',
  'clientUniqueId',
  'amount',
  'currency',
  'relatedTransactionId',
  'authCode',
];
const TAIL = ['comment', 'notificationUrl', 'timeStamp'];
const ORDER = ['merchantId', 'merchantSiteId', 'clientRequestId', 'amount', 'currency', 'timeStamp'];
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  openOrder: ORDER,
  payment: ORDER,
  getSessionToken: ['merchantId', 'merchantSiteId', 'clientRequestId', 'timeStamp'],
  settleTransaction: [...MOVE, 'descriptorMerchantName', 'descriptorMerchantPhone', ...TAIL],
  refundTransaction: [...MOVE, ...TAIL],
  voidTransaction: [...MOVE, ...TAIL],
  getUserUPOs: ['merchantId', 'merchantSiteId', 'userTokenId', 'clientRequestId', 'timeStamp'],
  deleteUPO: ['merchantId', 'merchantSiteId', 'userTokenId', 'clientRequestId', 'userPaymentOptionId', 'timeStamp'],
  getTransactionDetails: ['merchantId', 'merchantSiteId', 'transactionId', 'clientUniqueId', 'timeStamp'],
};

export interface NuveiCaller {
  readonly account: NuveiAccount;
  /** Signs and sends; answers the body. */
  call(method: string, fields: Fields): Promise<any>;
  /** As given, with status and headers. */
  post(method: string, body: Fields): Promise<Answer>;
  openOrder(more?: Fields): Promise<any>;
  /** What the web SDK sends. */
  pay(sessionToken: string, cardNumber?: string, more?: Fields): Promise<any>;
}

export const HOOK = 'https://gateway.example/hook';

export function newNuveiAccount(): NuveiAccount {
  const merchantId = `1${randomUUID().replace(/\D/g, '').padEnd(12, '0').slice(0, 12)}`;
  return { dialect: 'NUVEI', id: randomUUID(), merchantId, merchantSiteId: '100001', merchantSecretKey: randomUUID() };
}

export function nuveiCaller(world: Pick<World, 'clock'>, url: string, account: NuveiAccount): NuveiCaller {
  const { merchantId, merchantSiteId, merchantSecretKey } = account;
  const post: NuveiCaller['post'] = (method, body) =>
    ask(`${url}/ppp/api/v1/${method}.do`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const call: NuveiCaller['call'] = async (method, fields) => {
    const timeStamp = world.clock.now().toISOString().replaceAll(/\D/g, '').slice(0, 14);
    const body: Record<string, any> = { merchantId, merchantSiteId, timeStamp, ...fields };
    const flat: Record<string, unknown> = { ...body, notificationUrl: body['urlDetails']?.notificationUrl };
    const text = (SIGNED[method] ?? []).map((name) => flat[name] ?? '').join('') + merchantSecretKey;
    return (await post(method, { ...body, checksum: sha256(text) })).body;
  };
  return {
    account,
    call,
    post,
    openOrder: (more = {}) =>
      call('openOrder', {
        clientRequestId: randomUUID(),
        clientUniqueId: randomUUID(),
        amount: '10.00',
        currency: 'USD',
        transactionType: 'Sale',
        urlDetails: { notificationUrl: HOOK },
        ...more,
      }),
    async pay(sessionToken, cardNumber = APPROVED, more = {}) {
      const card = { cardNumber, cardHolderName: 'Jane Doe', expirationMonth: '12', expirationYear: '2034', CVV: '217' };
      return (await post('payment', { merchantId, merchantSiteId, sessionToken, paymentOption: { card }, ...more })).body;
    },
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
