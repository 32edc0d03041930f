import { afterEach, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/kernel/clock.ts';
import {
  CARDS,
  CHARGE,
  type Data,
  newCode,
  READ_TRANSACTION,
  REFUND,
  SETTLE,
  startInput,
  startText,
  VOID,
  verify,
} from '../support/gateway.ts';
import { runsWhole } from '../support/template.ts';
import type { CallName, ScenarioLab } from './scenario-lab.ts';

/**
 * Everything that can go wrong between the gateway and a provider, on every call that moves money. Whatever happens, an amount
 * moves once or not at all, nothing is called failed that was not, and the gateway finds out by itself.
 */

const ALL_FAULTS = [
  '429',
  '500',
  '500-after',
  '503',
  'reset-before',
  'reset-after',
  'hang-before',
  'hang-after',
  'html',
] as const;
/** One that is lost after it was executed, and one before. */
const FAULTS: readonly string[] = runsWhole() ? ALL_FAULTS : ['reset-after', 'hang-before'];

/** So many calls of a kind are broken: the first attempt and the second. */
const TIMES = 2;
const HANG_DEADLINE_MS = 400;

type MoneyCall = Exclude<CallName, 'create' | 'read'>;
const MOVEMENTS: Readonly<Record<MoneyCall, string>> = { capture: 'CAPTURE', void: 'VOID', refund: 'REFUND', charge: 'ATTEMPT' };

interface Attempted {
  readonly name: MoneyCall;
  readonly id: string;
  readonly amount: bigint;
}

let lastAmount = 10_000n;
/** Amounts tell the movements of one test from those of all others. */
const newAmount = (): bigint => (lastAmount += 10n);

export function describeFaults(lab: () => ScenarioLab): void {
  afterEach(() => lab().calm());

  it.each(FAULTS)('of kind %s costs no money and is healed without a person', async (fault) => {
    const prepared = await prepare(lab());
    for (const { name } of prepared) await lab().fault(name, fault, TIMES);
    if (fault.startsWith('hang')) lab().setDeadline(HANG_DEADLINE_MS);
    const attempted = await Promise.all(prepared.map(({ run }) => run()));
    for (const { name, id } of attempted) {
      expect([name, (await read(lab(), id)).status]).toEqual([name, expect.stringMatching(/^(SUCCEEDED|UNKNOWN|PENDING)$/)]);
    }
    await lab().calm();
    await heal(lab(), attempted);
    for (const attempt of attempted) await checkOnce(lab(), attempt);
    await checkRepeats(lab(), attempted);
  });

  it.each(FAULTS)('of kind %s on a start leaves one session, which the same call resumes', async (fault) => {
    const input = startInput('PAYMENT', { amount: newAmount().toString() });
    const variables = { ...input, provider: { merchantTransactionProviderId: lab().account.id } };
    await lab().fault('create', fault, TIMES);
    if (fault.startsWith('hang')) lab().setDeadline(HANG_DEADLINE_MS);
    const first = await lab().merchant.query(startText('PAYMENT'), variables);
    const codes = first.errors.map(({ extensions }) => extensions.code);
    expect([[], ['PROVIDER_UNAVAILABLE'], ['PROVIDER_OUTCOME_UNKNOWN']]).toContainEqual(codes);
    await lab().calm();
    await lab().pass(MINUTE_MS);
    const again = await lab().merchant.query(startText('PAYMENT'), variables);
    const known = first.data?.session?.id ?? first.errors[0]?.extensions.details?.['sessionId'];
    if (fault === '500' && lab().vendor.replays) {
      // A stored 500 is what Stripe repeats for a day: that session never opens, and nothing of it can be paid.
      expect(again.errors).toMatchObject([{ extensions: { code: 'PROVIDER_OUTCOME_UNKNOWN', details: { sessionId: known } } }]);
      return expect(again.data?.session ?? null).toBeNull();
    }
    expect(again.errors, codes.join()).toEqual([]);
    expect(again.data.session.id).toBe(known);
    await lab().pay(again.data.session, CARDS.approve);
    expect((await verify(lab().merchant, 'PAYMENT', known)).status).toBe('SUCCEEDED');
  });

  it.each(FAULTS.filter((fault) => !fault.endsWith('after')))('of kind %s on a look-up changes nothing', async (fault) => {
    const session = await lab().start('PAYMENT');
    await lab().pay(session, CARDS.approve);
    await lab().fault('read', fault, TIMES);
    if (fault.startsWith('hang')) lab().setDeadline(HANG_DEADLINE_MS);
    const by = { id: session.id };
    const text = 'mutation Verify($by: ClientSessionSelector!) { verifyPaymentSession(by: $by) { status } }';
    const answer = await lab().merchant.query(text, { by });
    // A look-up that the library repeated may have come through.
    const codes = answer.errors.map(({ extensions }) => extensions.code);
    expect([[], ['PROVIDER_UNAVAILABLE']]).toContainEqual(codes);
    await lab().calm();
    expect((await verify(lab().merchant, 'PAYMENT', session.id)).status).toBe('SUCCEEDED');
  });
}

interface Prepared {
  readonly name: MoneyCall;
  run(): Promise<Attempted>;
}

/** One money call of each kind, ready to be made. */
async function prepare(lab: ScenarioLab): Promise<readonly Prepared[]> {
  const amounts = { capture: newAmount(), void: newAmount(), refund: newAmount(), charge: newAmount() };
  const [settled, voided, paid, stored] = await Promise.all([
    lab.paid('AUTHORIZATION', CARDS.approve, { amount: (amounts.capture + 1n).toString() }),
    lab.paid('AUTHORIZATION', CARDS.approve, { amount: amounts.void.toString() }),
    lab.paid('PAYMENT', CARDS.approve, { amount: (amounts.refund + 1n).toString() }),
    lab.paid('ADD_PAYMENT_METHOD', CARDS.approve),
  ]);
  const call = async (name: MoneyCall, text: string, variables: Record<string, unknown>): Promise<Attempted> => ({
    name,
    amount: amounts[name],
    id: (await lab.merchant.data(text, variables)).transaction.id,
  });
  const by = ({ transaction }: { transaction: Data }) => ({ id: transaction.id });
  const data = {
    paymentMethodId: stored.transaction.paymentMethod.id,
    merchantInternalTransactionCode: newCode('charge'),
    amount: amounts.charge.toString(),
    currency: 'USD',
  };
  return [
    {
      name: 'capture',
      run: () => call('capture', SETTLE, { by: by(settled), amount: amounts.capture.toString(), key: newCode() }),
    },
    { name: 'void', run: () => call('void', VOID, { by: by(voided), key: newCode() }) },
    { name: 'refund', run: () => call('refund', REFUND, { by: by(paid), amount: amounts.refund.toString(), key: newCode() }) },
    { name: 'charge', run: () => call('charge', CHARGE, { data }) },
  ];
}

async function read(lab: ScenarioLab, id: string): Promise<Data> {
  return (await lab.merchant.data(READ_TRANSACTION, { by: { id } })).transaction;
}

const PASSES_MS = [6 * SECOND_MS, 40 * SECOND_MS, 3 * MINUTE_MS, 11 * MINUTE_MS, ...Array.from({ length: 26 }, () => HOUR_MS)];

/** Lets time pass until no answer is missing any more. */
async function heal(lab: ScenarioLab, attempted: readonly Attempted[]): Promise<void> {
  for (const passMs of PASSES_MS) {
    const statuses = await Promise.all(attempted.map(async ({ id }) => (await read(lab, id)).status));
    if (statuses.every((status) => status !== 'UNKNOWN' && status !== 'PENDING')) return;
    await lab.pass(passMs);
  }
}

/** What the bank did agrees with what the gateway says: once and SUCCEEDED, or never and ERROR. */
async function checkOnce(lab: ScenarioLab, { name, id, amount }: Attempted): Promise<void> {
  const { status } = await read(lab, id);
  const where = { accountId: lab.account.id, kind: MOVEMENTS[name], amount };
  const executed = await lab.database.client.bankMovement.count({ where });
  expect([name, status, executed]).toEqual([name, executed === 1 ? 'SUCCEEDED' : 'ERROR', executed === 1 ? 1 : 0]);
}

/** Each attempt at one operation sent the same bytes under the same key; where keys do not replay, it was executed by one of them. */
async function checkRepeats(lab: ScenarioLab, attempted: readonly Attempted[]): Promise<void> {
  for (const { name } of attempted) {
    const bodies = new Map<string, Set<string>>();
    for (const { headers, body } of await lab.requests(name)) {
      const key = headers['idempotency-key'] ?? body.clientRequestId;
      if (key === undefined) continue;
      // Nuvei's charge needs a session token, which lives for minutes only and is not part of what is signed.
      const { sessionToken: _token, ...sent } = body;
      bodies.set(key, (bodies.get(key) ?? new Set()).add(JSON.stringify(sent)));
    }
    expect(bodies.size).toBeGreaterThan(0);
    for (const [, different] of bodies) expect(different.size).toBe(1);
  }
}
