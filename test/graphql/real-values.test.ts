import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NUVEI, openScenarioLab, type ScenarioLab, STRIPE } from '../providers/scenario-lab.ts';
import { newCode, startInput, startText } from '../support/gateway.ts';
import { sampled } from '../support/template.ts';
import { dataOf, REAL_STATES, REAL_VALUES, starts } from './real-values.ts';

test('the table holds at least a hundred values', () => {
  expect(Object.values(REAL_VALUES).flat().length + REAL_STATES.length).toBeGreaterThanOrEqual(100);
});

describe.each([STRIPE, NUVEI])('a person can pay at $provider', (vendor) => {
  let lab: ScenarioLab;
  beforeAll(async () => {
    lab = await openScenarioLab(vendor);
    lab.setDeadline(60_000);
  });
  afterAll(() => lab.close());

  test.each(sampled(starts(), 4))('with $title', async ({ data }) => {
    const session = await lab.start('PAYMENT', data);
    expect(session).toMatchObject({ status: 'PENDING', providerError: null });
  });

  test.runIf(vendor === STRIPE).each(sampled(starts(), 4))('and at EXAMPLE with $title', async ({ data }) => {
    const answer = await lab.merchant.query(startText('PAYMENT'), startInput('PAYMENT', data));
    expect(answer.errors).toEqual([]);
    expect(answer.data.session.status).toBe('PENDING');
  });

  test('and what was left empty comes back as absent', async () => {
    const { id } = await lab.start(
      'PAYMENT',
      dataOf({ billingPhone: '', billingAddressCity: '', description: '', returnUrl: '' }),
    );
    const text = `query Read($by: ClientSessionSelector!) { clientSession(by: $by) {
      description returnUrl billing { billingPhone billingAddressCity billingLastName } } }`;
    expect((await lab.merchant.data(text, { by: { id } })).clientSession).toEqual({
      description: null,
      returnUrl: null,
      billing: { billingPhone: null, billingAddressCity: null, billingLastName: 'Smith' },
    });
  });

  test('and what programs send carelessly comes back as it is meant', async () => {
    const { id } = await lab.start('PAYMENT', {
      ...dataOf({
        billingFirstName: ' ',
        billingLastName: 'Suharto',
        billingEmail: ' jane@example.com\n',
        userLocale: 'zh_CN_#Hans,en;q=0.9',
        deviceIp: 'unknown, [2001:db8::1]:443, 10.0.0.1',
        deviceBrowser: `${'x'.repeat(498)}👩‍🚀 and more`,
        deviceOS: 'a\u0000b\ud83d',
      }),
    });
    const text = `query Read($by: ClientSessionSelector!) { clientSession(by: $by) {
      billing { billingFirstName billingLastName billingEmail } user { userLocale } device { deviceIp deviceBrowser deviceOS } } }`;
    expect((await lab.merchant.data(text, { by: { id } })).clientSession).toEqual({
      billing: { billingFirstName: '', billingLastName: 'Suharto', billingEmail: 'jane@example.com' },
      user: { userLocale: 'zh_CN_#Hans' },
      device: { deviceIp: '2001:db8::1', deviceBrowser: 'x'.repeat(498), deviceOS: 'a b\uFFFD' },
    });
  });

  test('and what the vendor gets is in its form', async () => {
    const code = newCode('person');
    const given = dataOf({
      billingEmail: 'kunde@bücher.example',
      billingPhone: '+44 (0)20 7946 0958',
      billingAddressState: 'US-NY',
    });
    await lab.start('PAYMENT', { ...given, customer: { merchantInternalCustomerCode: code } });
    const sent = JSON.stringify((await lab.requests()).slice(-4));
    expect(sent).toContain('kunde@xn--bcher-kva.example');
    expect(sent).toContain('+442079460958');
    expect(sent).not.toContain('US-NY');
  });

  test('and a long line of an address is cut between characters for the vendor alone', async () => {
    const line = `${'x'.repeat(58)}👩‍🚀${'y'.repeat(436)}👩‍🚀 behind the mill`;
    const { id } = await lab.start('PAYMENT', dataOf({ billingAddressLine1: line }));
    const sent = JSON.stringify((await lab.requests()).slice(-4));
    expect(sent).toMatch(vendor === STRIPE ? /x{58}👩‍🚀y{436}(?!👩)/u : /x{58}(?!👩)/u);
    expect(sent).not.toContain('behind the mill');
    const text = 'query Read($by: ClientSessionSelector!) { clientSession(by: $by) { billing { billingAddressLine1 } } }';
    const { clientSession } = await lab.merchant.data(text, { by: { id } });
    expect(clientSession.billing.billingAddressLine1).toBe(line);
  });

  test.each(['billing', 'shipping', 'user'])('and the names of %s are never both empty', async (prefix) => {
    const data = dataOf({});
    Object.assign(data[prefix] as object, { [`${prefix}FirstName`]: ' ', [`${prefix}LastName`]: '' });
    const { errors } = await lab.merchant.query(startText('PAYMENT'), startInput('PAYMENT', data));
    expect(JSON.stringify(errors)).toContain(`Give a first name, a last name, or both`);
    expect(JSON.stringify(errors)).toContain(`"data","${prefix}","${prefix}FirstName"`);
  });

  test('and an identifier is never empty', async () => {
    for (const data of [{ merchantInternalTransactionCode: '' }, { customer: { merchantInternalCustomerCode: '' } }])
      expect(await lab.merchant.code(startText('PAYMENT'), startInput('PAYMENT', data))).toBe('BAD_USER_INPUT');
  });
});
