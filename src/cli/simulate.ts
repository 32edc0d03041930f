import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { describeProblems, readConfig } from '../config.ts';
import { openDatabase } from '../database/database.ts';
import { loadEncryptionKey } from '../database/encryption-key.ts';
import { FolderInUse, takeOwnership } from '../database/owner.ts';
import { systemClock } from '../kernel/clock.ts';
import { createLogger } from '../kernel/log.ts';
import { createVault, newSecret } from '../kernel/secret.ts';
import { createSimulator, type SimulatedAccount } from '../simulator/simulator.ts';
import type { Terminal } from './terminal.ts';

export interface SimulateOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** Where the simulated Stripe sends its webhooks; null for nowhere. */
  readonly webhookUrl: string | null;
}

/** Kept in `simulator.json` of the simulator's folder, readable by its user alone. */
const accountsSchema = z.object({
  stripe: z.object({ id: z.uuid(), secretKey: z.string(), publishableKey: z.string(), webhookSecret: z.string() }),
  nuvei: z.object({ id: z.uuid(), merchantId: z.string(), merchantSiteId: z.string(), merchantSecretKey: z.string() }),
});
type Accounts = z.output<typeof accountsSchema>;

/**
 * Runs the simulator alone, on a database of its own in the folder `simulator` of the data folder, until it is told to end: for
 * code that speaks to Stripe or Nuvei by itself. Answers the exit code.
 */
export async function simulate(terminal: Terminal, options: SimulateOptions): Promise<number> {
  const fail = (message: string): number => {
    terminal.complain(`${message}\n`);
    return 1;
  };
  const read = readConfig(terminal.environment);
  if (!read.ok) return fail(describeProblems(read.refusal));
  const dataDir = join(read.value.dataDir, 'simulator');
  try {
    const ownership = await takeOwnership(dataDir);
    try {
      return await run(terminal, { ...options, dataDir, logLevel: read.value.logLevel });
    } finally {
      await ownership.release();
    }
  } catch (error) {
    if (error instanceof FolderInUse) return fail(error.message);
    return fail((error as Error).message);
  }
}

async function run(
  terminal: Terminal,
  {
    dataDir,
    logLevel,
    port,
    webhookUrl,
  }: SimulateOptions & { dataDir: string; logLevel: Parameters<typeof createLogger>[0]['level'] },
): Promise<number> {
  const log = createLogger({ level: logLevel });
  const { fingerprint: sign } = createVault(await loadEncryptionKey(dataDir));
  const database = await openDatabase({ databaseUrl: null, dataDir, poolSize: 1, log });
  try {
    const simulator = await createSimulator({ database, clock: systemClock, sign, log, host: '127.0.0.1', port });
    try {
      const path = join(dataDir, 'simulator.json');
      const accounts = await readAccounts(path);
      for (const account of toSimulated(accounts, webhookUrl)) await simulator.addAccount(account);
      simulator.startDelivering();
      terminal.print(describe(simulator.url, path));
      await Promise.race(['SIGTERM', 'SIGINT'].map((name) => once(process, name)));
    } finally {
      await simulator.close();
    }
  } finally {
    await database.close();
  }
  return 0;
}

async function readAccounts(path: string): Promise<Accounts> {
  const known = await readFile(path, 'utf8').catch(() => null);
  if (known !== null) return accountsSchema.parse(JSON.parse(known));
  const made: Accounts = {
    stripe: {
      id: randomUUID(),
      secretKey: newSecret('sk_test_'),
      publishableKey: newSecret('pk_test_'),
      webhookSecret: newSecret('whsec_'),
    },
    nuvei: { id: randomUUID(), merchantId: '1000001', merchantSiteId: '100001', merchantSecretKey: newSecret('') },
  };
  await writeFile(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return made;
}

function toSimulated({ stripe, nuvei }: Accounts, webhookUrl: string | null): readonly SimulatedAccount[] {
  return [
    { dialect: 'STRIPE', ...stripe, webhookUrl },
    { dialect: 'NUVEI', ...nuvei },
  ];
}

function describe(url: string, path: string): string {
  return `
Simulated Stripe at ${url} (api.stripe.com's paths) and simulated Nuvei at ${url}/ppp/api/v1
  Keys and ids:  ${path}
  Controls:      ${url}/simulator (docs/simulator.md)
`;
}
