import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STEPS } from '../../src/operations/deps.ts';
import { type Child, startChild } from '../support/child.ts';
import {
  CARDS,
  CHARGE,
  type Data,
  type Kind,
  newCode,
  REFUND,
  SETTLE,
  startInput,
  startText,
  VOID,
  verifyText,
} from '../support/gateway.ts';
import { testServerUrl } from '../support/template.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

/**
 * For every call that changes something and every step of it: the process is killed there, started anew, and the caller
 * repeats the call, as a caller does who got no answer. There must be one effect, and nothing lost or left undone.
 */
let place: DatabasePlace;
let child: Child;
/** Has loaded its code while the others work, and takes over the database when told. */
let spare: Child;
let key: string;

beforeAll(async () => {
  place = await copyTemplate();
  spare = load();
  await boot();
  key = (await tell({ merchant: true })).secretKey;
});
afterAll(async () => {
  await Promise.all([child.kill(), spare.kill()]);
  await place.remove();
});

function load(): Child {
  return startChild(new URL('./gateway-child.ts', import.meta.url), [place.databaseUrl ?? '', place.dataDir]);
}

async function boot(): Promise<void> {
  child = spare;
  child.process.stdin?.write('open\n');
  const line = await child.nextLine();
  if (line !== '"ready"') throw new Error(`The gateway did not start: ${child.errors()}`);
  spare = load();
}

async function tell(command: Record<string, unknown>): Promise<Data> {
  child.process.stdin?.write(`${JSON.stringify(command)}\n`);
  const line = await child.nextLine();
  if (line === null) throw new Error('The gateway died.');
  return JSON.parse(line);
}

const graphql = async (query: string, variables: Record<string, unknown>): Promise<Data> => {
  const { data, errors } = await tell({ path: '/graphql', body: { query, variables }, key });
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
};

async function paid(kind: Kind): Promise<{ session: Data; transaction: Data }> {
  const { session } = await graphql(startText(kind), startInput(kind));
  const card = { number: CARDS.approve, expMonth: 12, expYear: 2031, cvc: '123' };
  await tell({ path: '/example/v1/confirm', body: { token: session.token, card } });
  const { transaction } = await graphql(verifyText(kind), { by: { id: session.id } });
  return { session, transaction };
}

async function unpaid(): Promise<Data> {
  const { session } = await graphql(startText('PAYMENT'), startInput('PAYMENT'));
  const card = { number: CARDS.approve, expMonth: 12, expYear: 2031, cvc: '123' };
  await tell({ path: '/example/v1/confirm', body: { token: session.token, card } });
  return session;
}

/** Sends the call to a process that dies in it, starts another and sends the same call again. */
async function dieAndRepeat(at: string, call: () => Promise<Data>): Promise<Data> {
  await tell({ arm: at });
  await expect(call()).rejects.toThrow('The gateway died.');
  expect(await child.exitCode()).toBe(null);
  await boot();
  return call();
}

/** What is not finished after all due work was done. */
async function undone(): Promise<Data> {
  await tell({ work: true });
  return tell({ rows: "SELECT id, kind, state FROM operations WHERE state <> 'DONE' OR request IS NOT NULL" });
}

const bankRows = async (sql: string): Promise<number> =>
  (await tell({ rows: `SELECT count(*)::int AS count FROM ${sql}` }))[0].count;

const CALLS = { SETTLE: { text: SETTLE, more: { amount: '4000' } }, VOID: { text: VOID, more: {} } };

async function endHold(kind: 'SETTLE' | 'VOID', step: string): Promise<void> {
  const { session, transaction } = await paid('AUTHORIZATION');
  const variables = { by: { id: transaction.id }, key: newCode('key'), ...CALLS[kind].more };
  const ended = await dieAndRepeat(`${kind}:${step}`, () => graphql(CALLS[kind].text, variables));
  expect(ended.transaction).toMatchObject({ action: kind, status: 'SUCCEEDED' });
  expect(await bankRows(`bank_movements WHERE payment_id = '${session.providerCode}' AND kind <> 'ATTEMPT'`)).toBe(1);
  expect(await bankRows(`transactions WHERE related_transaction_id = '${transaction.id}'`)).toBe(1);
  expect(await undone()).toEqual([]);
}

/** A start of the embedded database takes seconds, so the calls that take the same way as others are killed on a server only. */
const alsoOnServer = test.skipIf(testServerUrl() === null);

describe.each(STEPS.effect)('a process killed when a call was %s', (step) => {
  test('starts a session once', async () => {
    const input = startInput('PAYMENT');
    const { session } = await dieAndRepeat(`START:${step}`, () => graphql(startText('PAYMENT'), input));
    expect(session).toMatchObject({ status: 'PENDING', action: 'COLLECT_PAYMENT_METHOD' });
    expect(await bankRows(`bank_payments WHERE reference = '${session.id}'`)).toBe(1);
    expect(await bankRows(`sessions WHERE code = '${session.merchantInternalTransactionCode}'`)).toBe(1);
    expect(await undone()).toEqual([]);
  });

  test('settles an authorization once', () => endHold('SETTLE', step));
  alsoOnServer('voids an authorization once', () => endHold('VOID', step));

  test('refunds once', async () => {
    const { session, transaction } = await paid('PAYMENT');
    const variables = { by: { id: transaction.id }, key: newCode('key'), amount: '2500' };
    const refund = await dieAndRepeat(`REFUND:${step}`, () => graphql(REFUND, variables));
    expect(refund.transaction.status).toBe('SUCCEEDED');
    expect(await bankRows(`bank_movements WHERE payment_id = '${session.providerCode}' AND kind = 'REFUND'`)).toBe(1);
    expect(
      await bankRows(`transactions WHERE id = '${transaction.id}' AND refunded_amount = 2500 AND refund_reserved = 2500`),
    ).toBe(1);
    expect(await undone()).toEqual([]);
  });

  alsoOnServer('charges a stored card once', async () => {
    const { transaction } = await paid('ADD_PAYMENT_METHOD');
    const code = newCode('charge');
    const data = {
      paymentMethodId: transaction.paymentMethod.id,
      merchantInternalTransactionCode: code,
      amount: '700',
      currency: 'USD',
    };
    const charge = await dieAndRepeat(`CHARGE:${step}`, () => graphql(CHARGE, { data }));
    expect(charge.transaction.status).toBe('SUCCEEDED');
    expect(await bankRows(`bank_payments WHERE reference = '${charge.transaction.id}'`)).toBe(1);
    expect(await bankRows(`transactions WHERE code = '${code}'`)).toBe(1);
    expect(await undone()).toEqual([]);
  });

  alsoOnServer('cancels a session once', async () => {
    const { session } = await graphql(startText('PAYMENT'), startInput('PAYMENT'));
    const cancel = 'mutation Cancel($by: ClientSessionSelector!) { cancelClientSession(by: $by) { status } }';
    const canceled = await dieAndRepeat(`CANCEL:${step}`, () => graphql(cancel, { by: { id: session.id } }));
    expect(canceled.cancelClientSession.status).toBe('CANCELED');
    expect(await bankRows(`events WHERE session_id = '${session.id}' AND type = 'session.canceled'`)).toBe(1);
    expect(await undone()).toEqual([]);
  });
});

describe.each(STEPS.lookUp)('a process killed when a verify had %s', (step) => {
  test('leaves one transaction', async () => {
    const session = await unpaid();
    const { transaction } = await dieAndRepeat(`LOOK_UP:${step}`, () =>
      graphql(verifyText('PAYMENT'), { by: { id: session.id } }),
    );
    expect(transaction.status).toBe('SUCCEEDED');
    expect(await bankRows(`transactions WHERE session_id = '${session.id}'`)).toBe(1);
    expect(await bankRows(`events WHERE session_id = '${session.id}' AND type = 'session.completed'`)).toBe(1);
    expect(await undone()).toEqual([]);
  });
});
