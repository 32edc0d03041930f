import type pg from 'pg';
import { SEAL_PREFIX } from '../../src/kernel/secret.ts';

/** What a merchant with a lot of business has stored, in one statement: for tests and benchmarks that read it. */
export interface Business {
  readonly merchantId: string;
  /** At most three; each takes less than the one before and is less lucky. */
  readonly accounts: readonly { readonly id: string; readonly provider: string }[];
  /** How many sessions. */
  readonly count: number;
  /** When the last of them started. Those of its last half hour may still be open. */
  readonly before: Date;
  /** Over about how many days they started: more by day than by night and on some days of the week, three at one instant. */
  readonly days: number;
  /** How many of a hundred are other merchants'. */
  readonly strangersIn100?: number;
}

type Query = (text: string, values?: readonly unknown[]) => Promise<Pick<pg.QueryResult, 'rows'>>;

/** Time that passes now faster, now slower: by the hour of the day and by the day of the week. */
const waves = (day: string): string => `(${day} + sin(2 * pi() * (${day} + 0.375)) / 11 + sin(2 * pi() * ${day} / 7) / 3)`;

/** Sealed columns must begin with it. */
const SEALED = `'${Buffer.from(SEAL_PREFIX).toString('hex')}' || hash`;

/** Tokens and payloads are filler that nothing unseals: such a session can be listed and counted, and not opened. */
const SESSIONS = `
INSERT INTO sessions (id, merchant_id, environment, provider_account_id, provider, kind, status, phase, amount, currency, store_payment_method,
  code, customer_id, token_fingerprint, token, token_expires_at, expires_at, attempts_max, attempts, provider_code, payload, provider_state,
  billing, metadata, started_at, ended_at, next_check_at, version, created_at, updated_at)
SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
  CASE WHEN i % 100 >= 100 - $7 THEN ('00000000-0000-7000-8000-00000000000' || i % 4)::uuid ELSE $1::uuid END,
  'TEST', ($2::uuid[])[account], ($3::text[])[account], kind, CASE WHEN ended < $5 THEN fate ELSE 'PENDING' END,
  CASE WHEN ended < $5 THEN 'closed' ELSE 'awaiting' END,
  CASE WHEN kind = 'ADD_PAYMENT_METHOD' THEN 0 ELSE 300 + (-ln(1 - r[2]) * 6000)::bigint END,
  CASE WHEN r[3] < 0.6 THEN 'USD' WHEN r[3] < 0.9 THEN 'EUR' ELSE 'GBP' END, false,
  'order-' || i, md5('customer ' || i % 10000)::uuid, hash || md5(hash), decode(${SEALED}, 'hex'), at + interval '30 minutes',
  at + interval '30 minutes', 5, 1, 'exm_pay_' || substr($1, 20) || hash, decode(${SEALED} || hash || hash, 'hex'), decode(${SEALED}, 'hex'),
  '{"firstName": "Jane", "lastName": "Smith", "email": "jane@example.com", "country": "US"}', '{}', at,
  CASE WHEN ended < $5 THEN ended END, NULL, 2, at, CASE WHEN ended < $5 THEN ended ELSE at END
FROM generate_series(1, $4::integer) AS i,
  LATERAL (SELECT md5($1 || ' ' || i) AS hash, ceil(i / 3.0) / ceil($4 / 3.0) * $6::float8 AS day OFFSET 0) AS numbered,
  LATERAL (
    SELECT ARRAY(SELECT ('x' || substr(hash, 5 * k + 1, 5))::bit(20)::integer / 1048576.0::float8 FROM generate_series(0, 5) AS k) AS r OFFSET 0
  ) AS drawn,
  LATERAL (
    SELECT least(cardinality($2::uuid[]), CASE WHEN r[6] < 0.55 THEN 1 WHEN r[6] < 0.85 THEN 2 ELSE 3 END) AS account,
      CASE WHEN r[4] < 0.85 THEN 'PAYMENT' WHEN r[4] < 0.97 THEN 'AUTHORIZATION' ELSE 'ADD_PAYMENT_METHOD' END AS kind,
      $5::timestamptz + (${waves('day')} - ${waves('$6::float8')}) * interval '1 day' AS at OFFSET 0
  ) AS placed,
  LATERAL (
    SELECT CASE WHEN r[1] < 0.02 THEN 'CANCELED' WHEN r[1] < 0.1 THEN 'DECLINED' WHEN r[1] < 0.16 + 0.05 * account THEN 'EXPIRED'
      ELSE 'COMPLETED' END AS fate OFFSET 0
  ) AS fated,
  LATERAL (
    SELECT at + CASE fate WHEN 'EXPIRED' THEN 1800 ELSE 8 - ln(1 - r[5]) * 70 END * interval '1 second' AS ended OFFSET 0
  ) AS timed`;

const CUSTOMERS = `
INSERT INTO customers (id, merchant_id, environment, code, contact, created_at, updated_at)
SELECT md5('customer ' || i)::uuid, $1::uuid, 'TEST', 'customer-' || i, '{}', $2::timestamptz, $2::timestamptz
FROM generate_series(0, 9999) AS i`;

const DECLINES = `
INSERT INTO transactions (id, merchant_id, environment, provider_account_id, provider, action, status, amount, currency, decline_reason,
  decline_advice, settled_amount, refunded_amount, refund_reserved, version, created_at, updated_at)
SELECT gen_random_uuid(), $1::uuid, 'TEST', $2::uuid, $3, 'PAYMENT', 'DECLINED', 100, 'USD',
  CASE WHEN i % 20 < 8 THEN 'INSUFFICIENT_FUNDS' WHEN i % 20 < 13 THEN 'GENERIC' WHEN i % 20 < 16 THEN 'EXPIRED_CARD'
    WHEN i % 20 < 18 THEN 'AUTHENTICATION_FAILED' WHEN i % 20 < 19 THEN 'FRAUD_SUSPECTED' ELSE 'LOST_OR_STOLEN' END,
  'LATER', 0, 0, 0, 1, at, at
FROM (
  SELECT i, $5::timestamptz - i * ($6::float8 / $4::float8) * interval '1 day' AS at FROM generate_series(1, $4::integer) AS i
) AS made`;

export async function seedSessions(query: Query, business: Business): Promise<void> {
  const { merchantId, accounts, count, before, days, strangersIn100 = 0 } = business;
  const [ids, providers] = [accounts.map(({ id }) => id), accounts.map(({ provider }) => provider)];
  await query(SESSIONS, [merchantId, ids, providers, count, before, days, strangersIn100]);
  // As the server does by itself after a while: a count by an index then needs no row.
  await query('VACUUM ANALYZE sessions');
}

/** Sessions, their customers and a declined attempt for every tenth, on an otherwise empty database: indexes are made anew behind the rows. */
export async function seedBusiness(query: Query, business: Business): Promise<void> {
  const { merchantId, accounts, count, before, days } = business;
  const { rows } = await query(
    `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'sessions' AND indexname <> 'sessions_pkey'`,
  );
  await query(CUSTOMERS, [merchantId, before]);
  for (const { indexname } of rows) await query(`DROP INDEX "${indexname}"`);
  await seedSessions(query, business);
  for (const { indexdef } of rows) await query(indexdef);
  await query(DECLINES, [merchantId, accounts[0]?.id, accounts[0]?.provider, count / 10, before, days]);
  await query('VACUUM ANALYZE transactions');
  await query('ANALYZE customers');
}
