import { once } from 'node:events';
import { describeProblems, readConfig } from '../config.ts';
import { FolderInUse } from '../database/owner.ts';
import { listen } from '../http/listen.ts';
import { createLogger } from '../kernel/log.ts';
import { createSimulator, type Simulator } from '../simulator/simulator.ts';
import { runOwnCommand } from './commands.ts';
import { describeFirstSteps, prepareFirstRun } from './first-run.ts';
import { settlePorts } from './ports.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import type { Terminal } from './terminal.ts';

/** Runs the gateway until it is told to end. Answers the exit code: 0 after a drain, 1 when it could not start. */
export async function serve(terminal: Terminal): Promise<number> {
  const fail = (message: string): number => {
    terminal.complain(`${message}\n`);
    return 1;
  };
  const read = readConfig(terminal.environment);
  if (!read.ok) return fail(describeProblems(read.refusal));
  const config = await settlePorts(read.value);
  const log = createLogger({ level: config.logLevel });
  try {
    const runtime = await openRuntime(config, log);
    return await run(runtime, terminal);
  } catch (error) {
    if (error instanceof FolderInUse) return fail(error.message);
    log.fatal({ error }, 'the gateway could not start');
    return fail((error as Error).message);
  }
}

async function run(runtime: Runtime, terminal: Terminal): Promise<number> {
  const { config, log, app, ownership } = runtime;
  let simulator: Simulator | null = null;
  try {
    simulator = await openSimulator(runtime);
    const firstSteps = await prepareFirstRun(runtime, simulator);
    const server = await listen(app.listener, config);
    await app.start();
    simulator?.startDelivering();
    ownership?.answerCommands((command) => runOwnCommand(runtime, command));
    log.info({ url: config.publicUrl, database: config.databaseUrl === null ? 'embedded' : 'server' }, 'listening');
    if (firstSteps !== null) terminal.print(describeFirstSteps(firstSteps));
    const signal = await Promise.race(['SIGTERM', 'SIGINT'].map((name) => once(process, name).then(() => name)));
    log.info({ signal }, 'draining');
    app.drain();
    await server.close(config.drainTimeoutMs);
    await app.stop();
  } finally {
    await simulator?.close();
    await runtime.close();
  }
  log.info('stopped');
  return 0;
}

/** On the embedded database, where test money is allowed: Stripe and Nuvei as this machine can have them. */
async function openSimulator({ config, log, app }: Runtime): Promise<Simulator | null> {
  if (config.simulatorUrl === null) return null;
  const { hostname: host, port } = new URL(config.simulatorUrl);
  const { database, clock, vault } = app.deps;
  return createSimulator({ database, clock, sign: vault.fingerprint, log, host, port: Number(port) });
}
