import { createHmac } from 'node:crypto';
import { v7 } from 'uuid';
import { type Statement, send } from './database.ts';
import { completePaid } from './outcome.ts';

const FIND_ACCOUNT: Statement = {
  name: 'account by webhook',
  text: `SELECT id, merchant_id, environment FROM provider_accounts WHERE webhook_fingerprint = $1 AND provider = 'EXAMPLE'`,
};

/** Its verdict says that it waits, so it needs no job beside it. */
const INSERT_DELIVERY: Statement = {
  name: 'delivery',
  text: `INSERT INTO webhook_deliveries (id, merchant_id, environment, provider_account_id, event_id, type, verdict, provider_codes,
      dispute_codes, deliveries, received_at)
    VALUES ($1, $2, $3, $4, $5, $6, 'RECEIVED', $7, '{}', 1, $8)
    ON CONFLICT (provider_account_id, event_id) DO UPDATE SET deliveries = webhook_deliveries.deliveries + 1 RETURNING id`,
};

interface AccountRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly environment: string;
}

const ACCOUNT_LIFE_MS = 5_000;
const SIGNATURE = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;
const environment = process.env;
const pathKey = Buffer.from(environment['BENCH_WEBHOOK_KEY'] ?? '', 'hex');
/** The gateway opens it from the account's sealed credentials. */
const signingSecret = environment['BENCH_WEBHOOK_SECRET'] ?? '';
const accounts = new Map<string, { account: AccountRow; readAtMs: number }>();

/** Keeps a signed notification and returns. What it names is asked for afterwards, as the bank must not wait for that. */
export async function receive(pathSecret: string, notification: { signature: string; text: string }): Promise<unknown> {
  const account = await findAccount(pathSecret);
  const [, seconds, mac] = SIGNATURE.exec(notification.signature) ?? [];
  const expected = createHmac('sha256', signingSecret).update(`${seconds}.${notification.text}`).digest('hex');
  if (mac !== expected) throw new Error('The signature is wrong.');
  const body = JSON.parse(notification.text) as { id: string; type: string; codes: readonly string[] };
  const deliveryId = v7();
  const values = [deliveryId, account.merchant_id, account.environment, account.id, body.id, body.type, body.codes, new Date()];
  const [delivery] = await send<{ id: string }>(INSERT_DELIVERY, values);
  if (delivery?.id === deliveryId) void processDelivery(account.id, { deliveryId, paymentCode: body.codes[0] ?? '' });
  return { verdict: 'accepted' };
}

/** A failure ends the server, and with it the benchmark. */
async function processDelivery(accountId: string, news: { deliveryId: string; paymentCode: string }): Promise<void> {
  const completed = await completePaid({ accountId }, { ...news, source: 'WEBHOOK' });
  if (completed === null) throw new Error(`Nothing is known of ${news.paymentCode}.`);
}

async function findAccount(pathSecret: string): Promise<AccountRow> {
  const known = accounts.get(pathSecret);
  if (known !== undefined && Date.now() - known.readAtMs < ACCOUNT_LIFE_MS) return known.account;
  const fingerprint = createHmac('sha256', pathKey).update(pathSecret).digest('hex');
  const [account] = await send<AccountRow>(FIND_ACCOUNT, [fingerprint]);
  if (account === undefined) throw new Error('No account has this address.');
  accounts.set(pathSecret, { account, readAtMs: Date.now() });
  return account;
}
