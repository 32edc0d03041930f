import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import { PortUnusable } from '../kernel/port-unusable.ts';

const SIMULATOR_HOST = '127.0.0.1';

/**
 * The configuration with its ports settled before anything starts, because links and addresses that are given out carry them: port 0
 * becomes a free one, and a simulator beside the gateway gets the port that was asked for, else the next one, else any free one.
 */
export async function settlePorts(config: Config): Promise<Config> {
  const port = config.port === 0 ? await freePort(config.host) : config.port;
  const publicUrl = config.publicUrl.replace(/:0$/, `:${port}`);
  const simulatorPort = hasSimulator(config) ? await chooseSimulatorPort(config) : null;
  const simulatorUrl = simulatorPort === null ? null : `http://${SIMULATOR_HOST}:${simulatorPort}`;
  return { ...config, port, publicUrl, simulatorPort, simulatorUrl };
}

/** It serves the first try of whoever has no database server and no vendor's keys yet. */
function hasSimulator(config: Config): boolean {
  return config.databaseUrl === null && config.allowsExample;
}

async function chooseSimulatorPort({ port, simulatorPort }: Config): Promise<number> {
  if (simulatorPort !== null && simulatorPort !== 0) return simulatorPort;
  const next = port + 1;
  const isNextFree = simulatorPort === null && port !== 0 && next <= 65_535 && (await isFree(next, SIMULATOR_HOST));
  return isNextFree ? next : freePort(SIMULATOR_HOST);
}

/** Below the ports that operating systems give to connections and to servers that ask for any (from 32768, or higher). */
const CHOSEN_PORTS = { from: 10_000, count: 20_000 };
const CHOICES_MAX = 50;

/**
 * A free port of the host, from 10000 to 29999, for a server that opens it later: no program gets one of these by chance meanwhile.
 * Throws PortUnusable when the host is not an address of this machine.
 */
export async function freePort(host: string): Promise<number> {
  for (let choice = 0; choice < CHOICES_MAX; choice += 1) {
    const port = CHOSEN_PORTS.from + randomInt(CHOSEN_PORTS.count);
    if (await isFree(port, host)) return port;
  }
  throw new PortUnusable(`No port of ${host} can be opened. Set HOST to an address of this machine, such as 127.0.0.1.`);
}

/** Opens the port for a moment. */
function isFree(port: number, host: string): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
