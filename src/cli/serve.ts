import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Config, describeProblems, readConfig } from '../config.ts';
import { FolderInUse } from '../database/owner.ts';
import { listen } from '../http/listen.ts';
import { createLogger } from '../kernel/log.ts';
import { runOwnCommand } from './commands.ts';
import { describeFirstSteps, prepareFirstRun } from './first-run.ts';
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
  const config = await withPort(read.value);
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
  try {
    const firstSteps = await prepareFirstRun(runtime);
    const server = await listen(app.listener, config);
    await app.start();
    ownership?.answerCommands((command) => runOwnCommand(runtime, command));
    log.info({ url: config.publicUrl, database: config.databaseUrl === null ? 'embedded' : 'server' }, 'listening');
    if (firstSteps !== null) terminal.print(describeFirstSteps(firstSteps));
    const signal = await Promise.race(['SIGTERM', 'SIGINT'].map((name) => once(process, name).then(() => name)));
    log.info({ signal }, 'draining');
    app.drain();
    await server.close(config.drainTimeoutMs);
    await app.stop();
  } finally {
    await runtime.close();
  }
  log.info('stopped');
  return 0;
}

/** Port 0 means any free one. It is chosen before anything starts, because links that the gateway gives out carry it. */
async function withPort(config: Config): Promise<Config> {
  if (config.port !== 0) return config;
  const probe = createServer().listen(0, config.host);
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return { ...config, port, publicUrl: config.publicUrl.replace(/:0$/, `:${port}`) };
}
