import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../examples/fulfilment/shop.mjs', import.meta.url));

export interface Order {
  readonly state: string;
  readonly parcels: number;
  readonly refunds: number;
}

export interface Shop {
  /** Where it takes webhooks. */
  readonly hooks: string;
  orders(): Promise<Readonly<Record<string, Order>>>;
  close(): Promise<void>;
}

/** The shop of examples/fulfilment as a process of its own, on a free port. */
export async function openShop(gateway: { url: string; secretKey: string }, webhookSecret: string): Promise<Shop> {
  const env = {
    ...process.env,
    PORT: '0',
    TOLLGATE_URL: gateway.url,
    TOLLGATE_SECRET_KEY: gateway.secretKey,
    TOLLGATE_WEBHOOK_SECRET: webhookSecret,
  };
  const process_ = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Also when a test fails before it can close the shop.
  process.once('exit', () => process_.kill());
  const complaints: string[] = [];
  createInterface(process_.stderr).on('line', (line) => complaints.push(line));
  const url = await addressOf(process_, complaints);
  return {
    hooks: `${url}/hooks`,
    orders: async () => (await fetch(`${url}/orders`)).json() as Promise<Record<string, Order>>,
    async close() {
      const ended = once(process_, 'exit');
      process_.kill();
      await ended;
    },
  };
}

async function addressOf(process_: ChildProcess, complaints: readonly string[]): Promise<string> {
  const ended = once(process_, 'exit').then(() => {
    throw new Error(`The shop ended: ${complaints.join('\n')}`);
  });
  if (process_.stdout === null) throw new Error('The shop has no output.');
  const [line] = (await Promise.race([once(createInterface(process_.stdout), 'line'), ended])) as [string];
  ended.catch(() => {});
  return /http:\S+/.exec(line)?.[0] ?? '';
}
