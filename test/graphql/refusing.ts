import { expect } from 'vitest';
import { MINUTE_MS } from '../../src/kernel/clock.ts';
import { createKey, revokeKey } from '../../src/merchants/manage-keys.ts';
import {
  type Answer,
  CARDS,
  type Data,
  type Gateway,
  must,
  openGateway,
  paid,
  SETTLE,
  start,
  type TestMerchant,
  VOID,
} from '../support/gateway.ts';

export const CARD_SPELLINGS = [
  '4242424242424242',
  '4242 4242 4242 4242',
  '4242-4242-4242-4242',
  '4242  4242 \t 4242 - 4242',
  '4242\u200b4242\u200b4242\u200b4242',
] as const;
const CARD_IN_TEXT = /4242\D{0,3}4242\D{0,3}4242\D{0,3}4242/;
/** Passes Luhn has the prefix and the length of a card, as a code of digits may by chance. */
export const LUHN = '4242424242424242';
export const NO_SUCH_ID = '018f0000-0000-7000-8000-000000000000';

/** What exists before the first bad call, and must be all that exists after the last. */
type Facts = Readonly<Record<'open' | 'authorizing' | 'foreign', Data>> &
  Readonly<
    Record<'payment' | 'declined' | 'held' | 'settled' | 'voided' | 'method' | 'detached' | 'expiredKey' | 'revokedKey', string>
  >;

/** A gateway with one of everything, on which bad calls are made. */
export interface Scene {
  readonly gateway: Gateway;
  readonly merchant: TestMerchant;
  readonly facts: Facts;
  /** Makes the call and holds what every refusal must keep: one coded error that gives nothing away, and nothing written. */
  refuse(call: () => Promise<Answer>, expected?: Refused): Promise<{ code: string | undefined; message: string; status: number }>;
  /** To be told by whoever writes: what is there now is what must stay. */
  forget(): void;
}

interface Refused {
  /** Where the answer says the problem is; none where the call as a whole is refused. */
  readonly paths?: readonly string[];
  /** What must not be repeated to anybody. */
  readonly hidden?: readonly string[];
}

export async function openScene(): Promise<Scene> {
  const gateway = await openGateway();
  const merchant = await gateway.newMerchant({ returnOrigins: ['https://shop.example'] });
  const facts = await makeFacts(gateway, merchant);
  await gateway.pass(MINUTE_MS);
  // As the last refusal left it.
  let ledger: unknown;
  return {
    gateway,
    merchant,
    facts,
    forget() {
      ledger = undefined;
    },
    async refuse(call, expected = {}) {
      const before = (ledger ??= await readLedger(gateway));
      const firstLine = gateway.logLines.length;
      const answer = await call();
      ledger = await readLedger(gateway);
      expect(ledger).toEqual(before);
      return checkRefusal(answer, gateway.logLines.slice(firstLine).join('\n'), expected);
    },
  };
}

async function makeFacts(gateway: Gateway, merchant: TestMerchant): Promise<Facts> {
  const other = await gateway.newMerchant();
  const ended = async (kind: 'PAYMENT' | 'AUTHORIZATION', card: string) =>
    (await paid(gateway, merchant, { kind, card })).transaction.id;
  const stored = async () => (await paid(gateway, merchant, { kind: 'ADD_PAYMENT_METHOD' })).transaction.paymentMethod.id;
  const [settled, voided, detached] = [
    await ended('AUTHORIZATION', CARDS.approve),
    await ended('AUTHORIZATION', CARDS.approve),
    await stored(),
  ];
  await merchant.data(SETTLE, { by: { id: settled } });
  await merchant.data(VOID, { by: { id: voided } });
  await merchant.data('mutation Detach($id: ID!) { detachPaymentMethod(id: $id) { id } }', { id: detached });
  const key = { kind: 'SECRET', label: 'old', expiresAt: null } as const;
  const soon = new Date(gateway.clock.now().getTime() + 1);
  const expired = must(await createKey(gateway.app.deps, merchant.scope, { ...key, expiresAt: soon }));
  const revoked = must(await createKey(gateway.app.deps, merchant.scope, key));
  must(await revokeKey(gateway.app.deps, merchant.scope, revoked.key.id));
  return {
    payment: await ended('PAYMENT', CARDS.approve),
    declined: await ended('PAYMENT', CARDS.decline),
    held: await ended('AUTHORIZATION', CARDS.approve),
    settled,
    voided,
    method: await stored(),
    detached,
    open: await start(merchant, 'PAYMENT'),
    authorizing: await start(merchant, 'AUTHORIZATION'),
    foreign: await start(other, 'PAYMENT'),
    expiredKey: expired.text,
    revokedKey: revoked.text,
  };
}

const TABLES = [
  'sessions',
  'transactions',
  'operations',
  'merchant_codes',
  'customers',
  'payment_methods',
  'events',
  'bank_payments',
  'bank_movements',
];

/** Every row of what money depends on, as one text: nothing was written when it stays the same. */
function readLedger(gateway: Gateway): Promise<unknown> {
  const parts = TABLES.map(
    (table) =>
      `SELECT '${table}' AS name, count(*)::int AS rows, md5(string_agg(t::text, '' ORDER BY t::text)) AS digest FROM ${table} t`,
  );
  return gateway.database.client.$queryRawUnsafe(parts.join(' UNION ALL '));
}

function checkRefusal(answer: Answer, lines: string, { paths = [], hidden = [] }: Refused) {
  const text = JSON.stringify(answer);
  expect(lines).not.toMatch(/"level":"(error|fatal)"/);
  expect(text).not.toMatch(/\\n +at |node_modules|\.ts:\d|prisma|postgres/i);
  for (const place of [text, lines]) {
    expect(place).not.toMatch(CARD_IN_TEXT);
    for (const value of hidden) expect(place).not.toContain(value);
  }
  expect(answer.errors).toHaveLength(1);
  const [error] = answer.errors;
  const issues = error?.extensions.issues ?? [];
  expect(issues.map((issue) => issue.path.join('.')).sort()).toEqual([...paths].sort());
  expect(issues.filter((issue) => issue.message.length < 10)).toEqual([]);
  return { code: error?.extensions.code, message: error?.message ?? '', status: answer.status };
}
