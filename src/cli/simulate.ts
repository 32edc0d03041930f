import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { describeProblems, readConfig } from '../config.ts';
import { openDatabase } from '../database/database.ts';
import { loadEncryptionKey } from '../database/encryption-key.ts';
import { takeOwnership } from '../database/owner.ts';
import { claimForKey } from '../database/sealing.ts';
import { systemClock } from '../kernel/clock.ts';
import { createLogger } from '../kernel/log.ts';
import { createLegacyVault, createVault } from '../kernel/secret.ts';
import { makeSamples } from '../providers/credentials.ts';
import { DESCRIPTORS } from '../providers/descriptors.ts';
import { DIALECT_PATHS, DIALECTS, type Dialect, toSimulatedAccount } from '../simulator/accounts.ts';
import { createSimulator } from '../simulator/simulator.ts';
import { createStopSignal, type StopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';

export interface SimulateOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** Where simulated vendors send webhooks whose address an account holds; null for nowhere. */
  readonly webhookUrl: string | null;
}

/** Kept in `simulator.json` of the simulator's folder, readable by its user alone. */
const accountSchema = z.object({ id: z.uuid() }).catchall(z.string());
type Account = z.output<typeof accountSchema>;
const accountsSchema = z.record(z.string(), accountSchema);

/**
 * Runs the simulator alone, on a database of its own in the folder `simulator` of the data folder, until it is told to end: for
 * code that speaks to a vendor by itself. Returns the exit code.
 */
export async function simulate(terminal: Terminal, options: SimulateOptions): Promise<number> {
  const fail = (message: string): number => {
    terminal.complain(`${message}\n`);
    return 1;
  };
  const read = readConfig(terminal.environment);
  if (!read.ok) return fail(describeProblems(read.refusal));
  const dataDir = join(read.value.dataDir, 'simulator');
  const stopSignal = createStopSignal(terminal.environment);
  try {
    const ownership = await takeOwnership(dataDir);
    try {
      return await run(terminal, { ...options, dataDir, stopSignal, logLevel: read.value.logLevel });
    } finally {
      await ownership.release();
    }
  } catch (error) {
    return fail((error as Error).message);
  } finally {
    stopSignal.forget();
  }
}

async function run(
  terminal: Terminal,
  {
    dataDir,
    logLevel,
    port,
    webhookUrl,
    stopSignal,
  }: SimulateOptions & { dataDir: string; stopSignal: StopSignal; logLevel: Parameters<typeof createLogger>[0]['level'] },
): Promise<number> {
  const log = createLogger({ level: logLevel });
  const key = await loadEncryptionKey(dataDir);
  const vault = createVault(key);
  const { fingerprint: sign } = vault;
  const database = await openDatabase({ databaseUrl: null, dataDir, poolSize: 1, log });
  try {
    await claimForKey(database, { vault, legacy: createLegacyVault(key), log });
    const simulator = await createSimulator({ database, clock: systemClock, sign, log, host: '127.0.0.1', port });
    try {
      const path = join(dataDir, 'simulator.json');
      const accounts = await readAccounts(path);
      for (const [dialect, { id, ...credentials }] of accounts) {
        await simulator.addAccount(toSimulatedAccount(dialect, { id, credentials, webhookUrl }));
      }
      simulator.startDelivering();
      terminal.print(describe(simulator.url, path));
      await stopSignal.received();
    } finally {
      await simulator.close();
    }
  } finally {
    await database.close();
  }
  return 0;
}

/** One for each vendor, made where the file has none. */
async function readAccounts(path: string): Promise<readonly (readonly [Dialect, Account])[]> {
  const text = await readFile(path, 'utf8').catch(() => null);
  const known = text === null ? {} : accountsSchema.parse(JSON.parse(text));
  const accounts = DIALECTS.map((dialect) => {
    const made = { id: randomUUID(), ...makeSamples(DESCRIPTORS[dialect]) };
    return [dialect, known[dialect.toLowerCase()] ?? made] as const;
  });
  const all = Object.fromEntries(accounts.map(([dialect, account]) => [dialect.toLowerCase(), account]));
  if (Object.keys(all).some((name) => known[name] === undefined)) {
    await writeFile(path, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  }
  return accounts;
}

function describe(url: string, path: string): string {
  const vendors = DIALECTS.map((dialect) => `${DESCRIPTORS[dialect].label} under ${url}${DIALECT_PATHS[dialect]}`);
  return `
Simulated ${vendors.join(', ')}
  Keys and ids:  ${path}
  Controls:      ${url}/simulator (docs/simulator.md)
`;
}
