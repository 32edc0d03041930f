import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LOOK_MS = 20;

/** `passing`: the shell of this machine, which gives its place to the program. `staying`: one that ends on a signal and passes nothing on. */
export type Shell = 'passing' | 'staying';

/** The gateway as people start it: by npm, in this checkout. */
export interface UnderNpm {
  /** Sends npm a signal, or everything that it started as well, as a terminal does. */
  signal(name: NodeJS.Signals, target: 'npm' | 'group'): void;
  /** What npm and everything below it wrote so far. */
  output(): string;
  /** Whether any process runs that npm or one below it started, npm itself among them. */
  isAlive(): boolean;
  /** Waits until the output holds the text, and returns the line. Throws when everything ends before. */
  line(text: string): Promise<string>;
  /** Waits until a process has come to load the module of `heldModule`. */
  held(): Promise<void>;
  /** Waits until every process has ended, for at most the limit. Returns npm's exit code; null for a signal. */
  ended(limitMs: number): Promise<number | null>;
  /** Kills what is left of it. */
  remove(): void;
}

export interface UnderNpmOptions {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly shell?: Shell;
  /** The end of the address of a module that is loaded only once the parent of its process has ended. */
  readonly heldModule?: string;
}

export function startUnderNpm({ command, environment, shell = 'passing', heldModule = '' }: UnderNpmOptions): UnderNpm {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-npm-'));
  const notes = join(folder, 'notes');
  const [program, ...args] = command;
  const npm = spawn(program, args, {
    cwd: ROOT,
    // A group of its own, as a terminal gives it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...ownEnvironment(),
      ...(shell === 'staying' && { npm_config_script_shell: makeStayingShell(folder) }),
      npm_config_cache: join(folder, 'cache'),
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
      NODE_OPTIONS: `--import=${new URL('note-process.mjs', import.meta.url).href}`,
      NOTED_PROCESSES: notes,
      HELD_MODULE: heldModule,
      ...environment,
    },
  });
  const { pid = 0 } = npm;
  const npmEnded = once(npm, 'exit');
  let printed = '';
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk: Buffer) => void (printed += chunk.toString()));
  const read = (): string => (existsSync(notes) ? readFileSync(notes, 'utf8') : '');
  const noted = (): readonly number[] => [pid, ...(read().match(/\d+/g) ?? []).map(Number)];
  const isAlive = (): boolean => noted().some(isRunning);
  const explain = (wish: string): Error => new Error(`${command.join(' ')}: ${wish}. It wrote:\n${printed}`);
  return {
    signal: (name, target) => void process.kill(target === 'npm' ? pid : -pid, name),
    output: () => printed,
    isAlive,
    async line(text) {
      const find = () => printed.split('\n').find((line) => line.includes(text));
      await until(() => find() !== undefined || !isAlive(), { limitMs: 60_000, onLate: () => explain(`no line with ${text}`) });
      const found = find();
      if (found === undefined) throw explain(`it ended before a line with ${text}`);
      return found;
    },
    held: () => until(() => read().includes('held'), { limitMs: 60_000, onLate: () => explain(`${heldModule} was not loaded`) }),
    async ended(limitMs) {
      await until(() => !isAlive(), { limitMs, onLate: () => explain(`something still runs after ${limitMs} ms`) });
      const [exitCode] = (await npmEnded) as [number | null];
      return exitCode;
    },
    remove() {
      for (const pid of noted()) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Without what the runner of the tests has from npm and for itself. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|VITEST|TOLLGATE_|DATABASE_URL$|TEST$)/i.test(name)),
  );
}

function makeStayingShell(folder: string): string {
  const path = join(folder, 'staying-shell');
  writeFileSync(path, '#!/bin/sh\n/bin/sh "$@"\nexit $?\n');
  chmodSync(path, 0o755);
  return path;
}

async function until(isTrue: () => boolean, { limitMs, onLate }: { limitMs: number; onLate: () => Error }): Promise<void> {
  const end = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > end) throw onLate();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** One that has ended and was not yet read by its parent does not run. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const path = `/proc/${pid}/stat`;
    return !existsSync(path) || !/\) Z /.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}
