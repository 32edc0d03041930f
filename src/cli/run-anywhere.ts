import { type Command, InvalidArgumentError, Option } from 'commander';
import { describeProblems, describeUnknown, findUnknownVariables, readConfig } from '../config.ts';
import { askOwner, FolderInUse, type OwnerCommand } from '../database/owner.ts';
import { DatabaseUnusable } from '../database/unusable.ts';
import type { Json } from '../kernel/json.ts';
import { createLogger } from '../kernel/log.ts';
import { ENVIRONMENTS } from '../providers/provider.ts';
import { runCommand } from './commands.ts';
import { describeAnswer } from './format.ts';
import { openRuntime } from './runtime.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes: 0 done, 1 refused or failed, 2 not understood. */
export const FAILED = 1;
export const NOT_UNDERSTOOD = 2;

/** One run of the program. */
export interface Session extends Terminal {
  finish(exitCode: number): void;
}

type Options = Readonly<Record<string, Json | undefined>>;
type ToCommand = (
  args: readonly (Json | undefined)[],
  options: Options,
) => { name: string; input: Record<string, Json | undefined> };

/** Has the command run where the database is, and shows the answer. */
export function on(target: Command, session: Session, toCommand: ToCommand): void {
  target.option('--json', 'answer as JSON').action(async () => {
    const options = target.opts<Options>();
    const command = toCommand(target.args, options);
    const answer = await runAnywhere(session, { name: command.name, input: JSON.parse(JSON.stringify(command.input)) as Json });
    if (answer.ok) session.print(options['json'] === true ? `${JSON.stringify(answer.value)}\n` : describeAnswer(answer.value));
    else if (options['json'] === true) session.print(`${JSON.stringify({ error: answer.message })}\n`);
    else session.complain(`${answer.message}\n`);
    session.finish(answer.ok ? 0 : FAILED);
  });
}

type Answer = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string };

/** By the owner of the embedded folder where there is one, else here. */
async function runAnywhere(session: Session, command: OwnerCommand): Promise<Answer> {
  const read = readConfig(session.environment);
  if (!read.ok) return { ok: false, message: describeProblems(read.refusal) };
  session.complain(describeUnknown(findUnknownVariables(session.environment)));
  const config = read.value;
  const log = createLogger({ level: 'warn', destination: { write: session.complain } });
  try {
    const byOwner = config.databaseUrl === null ? await askOwner(config.dataDir, command) : null;
    if (byOwner !== null) return byOwner;
    const runtime = await openRuntime(config, log);
    try {
      const result = await runCommand(runtime, command);
      return result.ok ? result : { ok: false, message: result.refusal.message };
    } finally {
      await runtime.close();
    }
  } catch (error) {
    if (!(error instanceof FolderInUse || error instanceof DatabaseUnusable)) log.error({ error }, 'the command failed');
    return { ok: false, message: (error as Error).message };
  }
}

export function environmentOption(): Option {
  return new Option('--environment <side>', 'which side of the wall').choices(ENVIRONMENTS).default('TEST');
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
