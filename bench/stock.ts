import { createVault, type Vault } from '../src/kernel/secret.ts';
import type { Bench } from './setup.ts';
import { codesOf, type Stocked, sessionIdOf, transactionIdOf } from './stock-ids.ts';

/** Stores what rounds use up, by statements over many items. */
export interface Stock {
  /** Stores so many new items. Returns their indexes. */
  fill(kind: Stocked, count: number): Promise<{ readonly from: number; readonly before: number }>;
}

/** The gateway opens `provider_state`, so it is sealed as the gateway seals. Of the other sealed columns nothing is opened. */
const SESSIONS = `INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency,
    store_payment_method, code, token_fingerprint, token, token_expires_at, expires_at, attempts_max, attempts, provider_code,
    provider_state, metadata, dialect, observed_at, started_at, ended_at, next_check_at, version, created_at, updated_at)
  SELECT id, $1, 'TEST', $2, 'EXAMPLE', $3, CASE WHEN $4 THEN 'COMPLETED' ELSE 'PENDING' END,
    CASE WHEN $4 THEN 'succeeded' ELSE 'awaiting' END, 10000, 'USD', false, 'stock-' || id, md5(id::text) || md5(payment), state,
    now() + interval '30 minutes', now() + interval '30 minutes', 5, CASE WHEN $4 THEN 1 ELSE 0 END, payment, state, '{}', 'GRAPHQL',
    CASE WHEN $4 THEN now() END, CASE WHEN $4 THEN now() END, CASE WHEN $4 THEN now() END,
    CASE WHEN NOT $4 THEN now() + interval '30 minutes' END, 2, now(), now()
  FROM unnest($5::uuid[], $6::bytea[], $7::text[]) AS item (id, state, payment)`;

const TRANSACTIONS = `INSERT INTO transactions (id, merchant_id, environment, provider_account_id, provider, session_id, action, status,
    amount, currency, code, attempt, provider_code, card, hold, capturable_until, settled_amount, refunded_amount, refund_reserved,
    observed_at, ended_at, next_check_at, version, created_at, updated_at)
  SELECT id, $1, 'TEST', $2, 'EXAMPLE', session, $3, 'SUCCEEDED', 10000, 'USD', 'stock-' || session, 1, attempt,
    '{"brand": "visa", "last4": "0111", "expMonth": 12, "expYear": 2040}', CASE $3 WHEN 'AUTHORIZATION' THEN 'HELD' END,
    CASE $3 WHEN 'AUTHORIZATION' THEN now() + interval '7 days' END, 0, 0, 0, now(), now(),
    CASE $3 WHEN 'AUTHORIZATION' THEN now() + interval '7 days' END, 1, now(), now()
  FROM unnest($4::uuid[], $5::uuid[], $6::text[]) AS item (id, session, attempt)`;

const BANK = `WITH payments AS (
    INSERT INTO bank_payments (id, account_id, reference, kind, amount, currency, store_method, operation_id, attempts_max, scenario,
      expires_at, created_at)
    SELECT payment, $1, session, $2, 10000, 'USD', false, session, 5, 'never_notified', now() + interval '30 minutes', now()
    FROM unnest($3::text[], $4::text[]) AS item (payment, session))
  INSERT INTO bank_movements (id, account_id, payment_id, kind, position, amount, status, scenario, brand, last4, exp_month, exp_year,
    hold_expires_at, created_at)
  SELECT attempt, $1, payment, 'ATTEMPT', 1, 10000, 'succeeded', 'never_notified', 'visa', '0111', 12, 2040,
    CASE $2 WHEN 'AUTHORIZATION' THEN now() + interval '7 days' END, now()
  FROM unnest($3::text[], $5::text[]) AS item (payment, attempt)`;

const TABLES = 'sessions, transactions, bank_payments, bank_movements';

export function createStock(bench: Bench): Stock {
  const vault = createVault(bench.masterKey);
  let stored = 0;
  return {
    async fill(kind, count) {
      const range = { from: stored, before: stored + count };
      stored = range.before;
      await store(bench, vault, { kind, indexes: Array.from({ length: count }, (_item, index) => range.from + index) });
      await bench.query(`ANALYZE ${TABLES}`);
      return range;
    },
  };
}

async function store(bench: Bench, vault: Vault, items: { kind: Stocked; indexes: readonly number[] }): Promise<void> {
  const [{ merchantId, accountId }] = bench.shops;
  const { kind, indexes } = items;
  const action = kind === 'authorization' ? 'AUTHORIZATION' : 'PAYMENT';
  const isHeardOf = kind !== 'unheard';
  const sessions = indexes.map((index) => sessionIdOf(kind, index));
  const states = sessions.map((id) => {
    const row = { merchantId, environment: 'TEST', id } as const;
    return Buffer.from(vault.seal({ column: 'sessions.provider_state', row }, {}));
  });
  const codes = indexes.map((index) => codesOf(kind, index));
  const [payments, attempts] = [codes.map(([payment]) => payment), codes.map(([, attempt]) => attempt)];
  await bench.query(SESSIONS, [merchantId, accountId, action, isHeardOf, sessions, states, payments]);
  await bench.query(BANK, [accountId, action, payments, sessions, attempts]);
  if (!isHeardOf) return;
  const transactions = indexes.map((index) => transactionIdOf(kind, index));
  await bench.query(TRANSACTIONS, [merchantId, accountId, action, transactions, sessions, attempts]);
}
