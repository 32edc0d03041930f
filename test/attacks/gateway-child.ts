import type { RequestListener } from 'node:http';
import { createInterface } from 'node:readline';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createApp } from '../../src/app.ts';
import { openDatabase } from '../../src/database/database.ts';
import { listen } from '../../src/http/listen.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createLogger } from '../../src/kernel/log.ts';
import { createVault, newSecret } from '../../src/kernel/secret.ts';
import { addProviderAccount } from '../../src/merchants/manage-accounts.ts';
import { webhookPathOf } from '../../src/merchants/provider-account.ts';
import type { ProviderName } from '../../src/providers/provider.ts';
import { CARDS, confirm, must, newMerchant, start, testConfig, verify } from '../support/gateway.ts';

/**
 * A gateway behind a port, in a process of its own, so that what it costs can be told from what the test costs. Prints its facts,
 * then takes one word per line: `reset` begins a measurement, `measure` prints it, `collect` frees memory first and prints it.
 */
const [databaseUrl, dataDir] = process.argv.slice(2);
const REQUEST_TIMEOUT_MS = 5_000;
const later: { listener: RequestListener } = { listener: (_request, response) => void response.writeHead(503).end() };
const server = await listen((request, response) => later.listener(request, response), {
  host: '127.0.0.1',
  port: 0,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
});
const url = `http://127.0.0.1:${server.port}`;
const log = createLogger({ level: 'info', destination: { write: () => undefined } });
const database = await openDatabase({
  databaseUrl: databaseUrl || null,
  dataDir: dataDir ?? '',
  poolSize: 5,
  log,
  durability: 'relaxed',
});
const config = { ...testConfig(), publicUrl: url, requestTimeoutMs: REQUEST_TIMEOUT_MS, logLevel: 'info' as const };
const app = createApp({ config, database, vault: createVault(new Uint8Array(32).fill(7)), log, clock: systemClock });
later.listener = app.listener;

const merchant = await newMerchant({ app, logLines: [] }, []);
// Declined attempts make a list that a payer's token opens.
const session = await start(merchant, 'PAYMENT', { attemptsMax: 20 });
for (let attempt = 0; attempt < 19; attempt += 1) {
  await confirm(app, session.token, CARDS.decline);
  if (attempt % 6 === 0) await verify(merchant, 'PAYMENT', session.id);
}
await verify(merchant, 'PAYMENT', session.id);
const { accounts } = (await merchant.data('{ accounts: providerAccounts { webhookUrl } }')) as {
  accounts: readonly { webhookUrl: string }[];
};

async function addAccount(provider: ProviderName, credentials: Readonly<Record<string, string>>): Promise<string> {
  const account = { provider, label: provider, baseUrl: null, credentials };
  return webhookPathOf(must(await addProviderAccount(app.deps, merchant.scope, account)));
}
const stripeWebhookPath = await addAccount('STRIPE', {
  secretKey: newSecret('sk_test_'),
  publishableKey: newSecret('pk_test_'),
  webhookSecret: newSecret('whsec_'),
});
const nuveiWebhookPath = await addAccount('NUVEI', {
  merchantId: '1234567890123',
  merchantSiteId: '100001',
  merchantSecretKey: newSecret(''),
});

/** The longest time for which nothing else was served, of which the process itself worked: a busy machine makes none longer. */
let stallMs = 0;
let last = { atMs: performance.now(), cpu: process.cpuUsage() };
let begin = process.cpuUsage();
setInterval(() => {
  const now = { atMs: performance.now(), cpu: process.cpuUsage() };
  stallMs = Math.max(stallMs, Math.min(now.atMs - last.atMs, cpuMs(last.cpu, now.cpu)));
  last = now;
}, 2).unref();

function cpuMs(from: NodeJS.CpuUsage, to: NodeJS.CpuUsage): number {
  return (to.user + to.system - from.user - from.system) / 1_000;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

print({
  url,
  sessionId: session.id,
  token: session.token,
  secretKey: merchant.secretKey,
  publishableKey: merchant.publishableKey,
  publicId: merchant.publicId,
  webhookPath: new URL(accounts[0]?.webhookUrl ?? url).pathname,
  stripeWebhookPath,
  nuveiWebhookPath,
});
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'reset') {
    stallMs = 0;
    begin = process.cpuUsage();
    last = { atMs: performance.now(), cpu: begin };
    print({});
  } else {
    if (line === 'collect') collect();
    const { heapUsed, external } = process.memoryUsage();
    print({ cpuMs: cpuMs(begin, process.cpuUsage()), stallMs, heapBytes: heapUsed + external });
  }
}
await server.close(0);
await app.stop(1_000);
await database.close();
