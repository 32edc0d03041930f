import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOwnCommand } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { takeOwnership } from '../../src/database/owner.ts';
import { type Data, type Gateway, testConfig } from '../support/gateway.ts';

export interface Ran {
  readonly exitCode: number;
  readonly text: string;
  readonly errors: string;
}

/** A terminal on the machine of a gateway that runs in this process: its commands go to that gateway. */
export interface TestTerminal {
  /** The data folder of the gateway. */
  readonly folder: string;
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Ran>;
  /** What a command answers as JSON. Throws when it is refused. */
  json(args: readonly string[]): Promise<Data>;
  close(): Promise<void>;
}

export async function openTerminal(gateway: Gateway): Promise<TestTerminal> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-terminal-'));
  const ownership = await takeOwnership(folder);
  const runtime = { config: testConfig(), log: gateway.log, app: gateway.app, ownership, close: async () => {} };
  ownership.answerCommands((command) => runOwnCommand(runtime, command));
  const run = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> => {
    const written = { text: '', errors: '' };
    const exitCode = await runProgram(args, {
      environment: { TOLLGATE_DATA_DIR: folder, ...environment },
      print: (text) => void (written.text += text),
      complain: (text) => void (written.errors += text),
    });
    return { exitCode, ...written };
  };
  return {
    folder,
    run,
    async json(args) {
      const { exitCode, text, errors } = await run([...args, '--json']);
      if (exitCode !== 0) throw new Error(`${text}${errors}`);
      return JSON.parse(text);
    },
    async close() {
      await ownership.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
