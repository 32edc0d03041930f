import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config.ts';

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
  const isNextFree = simulatorPort === null && port !== 0 && next <= 65_535 && (await isFree(next));
  return isNextFree ? next : freePort(SIMULATOR_HOST);
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, SIMULATOR_HOST);
  const isListening = await Promise.race([once(probe, 'listening').then(() => true), once(probe, 'error').then(() => false)]);
  if (isListening) await new Promise((done) => probe.close(done));
  return isListening;
}

export async function freePort(host: string): Promise<number> {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
