import { describeProblems, describeUnknown, findUnknownVariables, readConfig } from '../config.ts';
import { FolderInUse } from '../database/owner.ts';
import { DatabaseUnusable } from '../database/unusable.ts';
import { listen } from '../http/listen.ts';
import { createLogger } from '../kernel/log.ts';
import { PortUnusable } from '../kernel/port-unusable.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { runOwnCommand } from './commands.ts';
import { describeFirstSteps, prepareFirstRun } from './first-run.ts';
import { settlePorts } from './ports.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import { createStopSignal, type StopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';

/** What an operator can mend: the message says all. Anything else goes to the log with its stack. */
const EXPECTED = [FolderInUse, DatabaseUnusable, PortUnusable] as const;

/** Runs the gateway until it is told to end. Answers the exit code: 0 after a drain, 1 when it could not start. */
export async function serve(terminal: Terminal): Promise<number> {
  const fail = (message: string): number => {
    terminal.complain(`${message}\n`);
    return 1;
  };
  const read = readConfig(terminal.environment);
  if (!read.ok) return fail(describeProblems(read.refusal));
  terminal.complain(describeUnknown(findUnknownVariables(terminal.environment)));
  const stopSignal = createStopSignal(terminal.environment);
  const log = createLogger({ level: read.value.logLevel });
  try {
    const runtime = await openRuntime(await settlePorts(read.value), log);
    return await run(runtime, terminal, stopSignal);
  } catch (error) {
    if (EXPECTED.some((kind) => error instanceof kind)) return fail((error as Error).message);
    log.fatal({ error }, 'the gateway could not start');
    return fail((error as Error).message);
  } finally {
    stopSignal.forget();
  }
}

async function run(runtime: Runtime, terminal: Terminal, stopSignal: StopSignal): Promise<number> {
  const { config, log, app, ownership } = runtime;
  let simulator: Simulator | null = null;
  try {
    simulator = await openSimulator(runtime);
    const firstSteps = await prepareFirstRun(runtime, simulator);
    // Before the port opens: from its first request on, a signal lets what is under way finish.
    const stopped = stopSignal.received();
    const server = await listen(app.listener, config);
    await app.start();
    simulator?.startDelivering();
    ownership?.answerCommands((command) => runOwnCommand(runtime, command));
    log.info({ url: config.publicUrl, database: config.databaseUrl === null ? 'embedded' : 'server' }, 'listening');
    if (firstSteps !== null) terminal.print(describeFirstSteps(firstSteps));
    const signal = await stopped;
    log.info({ signal }, 'draining');
    app.drain();
    // Both at once, so that the limit holds for the two together.
    await Promise.all([server.close(config.drainTimeoutMs, config.drainNoticeMs), app.stop(config.drainTimeoutMs)]);
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
  const { createSimulator } = await import('../simulator/simulator.ts');
  const place = { host, port: Number(port), portSetting: 'TOLLGATE_SIMULATOR_PORT' };
  return createSimulator({ database, clock, sign: vault.fingerprint, log, ...place });
}
