import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import { BAD_VALUES, rowsOf, startWith } from '../support/bad-start.ts';
import { BILLING, newCode, READ_SESSION, REFUND, startInput, startText } from '../support/gateway.ts';
import { CARD_SPELLINGS, LUHN, NO_SUCH_ID, openScene, type Scene } from './refusing.ts';

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});

afterAll(() => scene.gateway.close());

describe('a start is refused, with nothing written,', () => {
  test.each(rowsOf(BAD_VALUES))('with $path = $shown', async ({ path, value }) => {
    const { code, message } = await scene.refuse(() => scene.merchant.query(startText('PAYMENT'), startWith(path, value)), {
      paths: [`data.${path}`],
    });
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).toContain(path);
  });

  test.each<[what: string, provider: unknown, path: string]>([
    ['no provider selector', {}, 'provider'],
    ['two provider selectors', { transactionProvider: 'EXAMPLE', merchantTransactionProviderId: NO_SUCH_ID }, 'provider'],
    ['an unknown provider', { transactionProvider: 'PAYPAL' }, 'provider.transactionProvider'],
    ['a provider that is missing', undefined, 'provider'],
  ])('with %s', async (_what, provider, path) => {
    const input = { ...startInput('PAYMENT'), provider };
    expect((await scene.refuse(() => scene.merchant.query(startText('PAYMENT'), input), { paths: [path] })).code).toBe(
      'BAD_USER_INPUT',
    );
  });

  test.each<[what: string, input: () => Record<string, unknown>, code: string, message: RegExp]>([
    [
      'an account that does not exist',
      () => ({ ...startInput('PAYMENT'), provider: { merchantTransactionProviderId: NO_SUCH_ID } }),
      'PROVIDER_ACCOUNT_NOT_FOUND',
      /provider account/,
    ],
    [
      'an account id that is none',
      () => ({ ...startInput('PAYMENT'), provider: { merchantTransactionProviderId: LUHN } }),
      'PROVIDER_ACCOUNT_NOT_FOUND',
      /provider account/,
    ],
    [
      'a provider without an account',
      () => ({ ...startInput('PAYMENT'), provider: { transactionProvider: 'STRIPE' } }),
      'PROVIDER_ACCOUNT_NOT_FOUND',
      /STRIPE/,
    ],
    [
      'a returnUrl that is not on the list',
      () => startWith('returnUrl', 'https://evil.example/back'),
      'RETURN_URL_NOT_ALLOWED',
      /data\.returnUrl/,
    ],
    [
      'a returnUrl that only begins like one on the list',
      () => startWith('returnUrl', 'https://shop.example.evil.example/'),
      'RETURN_URL_NOT_ALLOWED',
      /data\.returnUrl/,
    ],
    [
      'a code that a session has',
      () =>
        startInput('PAYMENT', { merchantInternalTransactionCode: scene.facts.open.merchantInternalTransactionCode, amount: '1' }),
      'CODE_ALREADY_USED',
      /merchantInternalTransactionCode/,
    ],
  ])('with %s', async (_what, input, code, message) => {
    const refused = await scene.refuse(() => scene.merchant.query(startText('PAYMENT'), input()));
    expect(refused.code).toBe(code);
    expect(refused.message).toMatch(message);
  });

  const names = ['FirstName', 'LastName', 'AddressCity', 'AddressLine1', 'AddressLine2', 'AddressState'];
  const fields = ['billing', 'shipping', 'user'].flatMap((prefix) => names.map((name) => `${prefix}.${prefix}${name}`));
  test.each([...fields, 'description', 'metadata.note'])('with a card number in %s, however it is typed', async (path) => {
    for (const card of CARD_SPELLINGS) {
      const call = () => scene.merchant.query(startText('PAYMENT'), startWith(path, `Card ${card} please`));
      expect((await scene.refuse(call, { paths: [`data.${path}`] })).message).toContain('card number');
    }
  });

  test('with a card number as a metadata key', async () => {
    for (const card of CARD_SPELLINGS) {
      expect(
        (
          await scene.refuse(() => scene.merchant.query(startText('PAYMENT'), startWith('metadata', { [card]: 'x' })), {
            paths: ['data.metadata'],
          })
        ).code,
      ).toBe('BAD_USER_INPUT');
    }
  });

  test('and every problem of one input is told at once, each with its path, also beside a wrong enum value', async () => {
    const input = startWith('currency', 'DOGE') as { data: Record<string, unknown>; provider: unknown };
    const billing = {
      ...BILLING,
      billingLastName: undefined,
      billingEmail: 'jane',
      billingAddressCountry: 'Mars',
      billingPhone: '12',
      billingAddressCity: CARD_SPELLINGS[1],
    };
    Object.assign(input.data, {
      amount: '0',
      attemptsMax: 0,
      metadata: { card: CARD_SPELLINGS[2], count: 3 },
      returnUrl: 'nowhere',
      billing,
    });
    input.provider = { transactionProvider: 'PAYPAL' };
    const inBilling = ['billingLastName', 'billingEmail', 'billingAddressCountry', 'billingPhone', 'billingAddressCity'].map(
      (name) => `data.billing.${name}`,
    );
    const inData = ['amount', 'attemptsMax', 'currency', 'metadata.card', 'metadata.count', 'returnUrl'].map(
      (name) => `data.${name}`,
    );
    const paths = [...inBilling, ...inData, 'provider.transactionProvider'];
    const { code, message } = await scene.refuse(() => scene.merchant.query(startText('PAYMENT'), input), {
      paths,
      hidden: ['DOGE', 'Mars', 'PAYPAL', 'nowhere'],
    });
    expect(code).toBe('BAD_USER_INPUT');
    expect(message).toContain(`${paths.length} problems`);
  });
});

describe('digits that only look like a card number are taken', () => {
  afterAll(() => {
    scene.forget();
  });

  test.each<[path: string, value: unknown]>([
    ['merchantInternalTransactionCode', LUHN],
    ['customer.merchantInternalCustomerCode', LUHN],
    ['billing.billingPhone', '+378282246310005'],
    ['device.deviceId', LUHN],
    ['user.userLegalIdentifier', LUHN],
    ['amount', '4242424242424242'],
    ['metadata.count', '1234567890123'],
    ['amount', '9223372036854775807'],
  ])('in %s as %j', async (path, value) => {
    expect((await scene.merchant.data(startText('PAYMENT'), startWith(path, value))).session.status).toBe('PENDING');
  });

  test('in selectors and in an idempotencyKey', async () => {
    expect(
      (await scene.merchant.data(READ_SESSION, { by: { merchantInternalTransactionCode: LUHN } })).clientSession
        .merchantInternalTransactionCode,
    ).toBe(LUHN);
    expect(
      (await scene.merchant.data(REFUND, { by: { id: scene.facts.payment }, amount: '1', key: LUHN })).transaction.status,
    ).toBe('SUCCEEDED');
  });
});

test('an amount and an instant in the query text are taken each time that the same text is sent', async () => {
  const expiresAt = new Date(scene.gateway.clock.now().getTime() + 10 * MINUTE_MS).toISOString();
  const billing =
    'billing: { billingFirstName: "J", billingLastName: "S", billingEmail: "j@example.com", billingAddressCountry: US }';
  const data = `data: { merchantInternalTransactionCode: "${newCode()}", amount: 1234, currency: USD, storePaymentMethod: false, expiresAt: "${expiresAt}", ${billing} }`;
  const text = `mutation { startPaymentSession(provider: { transactionProvider: EXAMPLE }, ${data}) { id amount expiresAt } }`;
  const inFilter = `query List($min: BigInt = 1234) { clientSessions(filter: { amountMin: $min, amountMax: "1234", createdFrom: "2026-01-01T00:00:00Z" }) { totalCount } }`;
  // The interpreter answers the first, the compiled program would answer the others.
  for (let run = 1; run <= 3; run += 1) {
    expect((await scene.merchant.data(text)).startPaymentSession).toMatchObject({ amount: '1234', expiresAt });
    expect((await scene.merchant.data(inFilter)).clientSessions.totalCount).toBe(1);
  }
  scene.forget();
});
