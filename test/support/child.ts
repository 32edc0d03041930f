import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of its own that runs one of the repository's TypeScript files, for tests of what happens between processes. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line that it prints; null once it has ended. */
  nextLine(): Promise<string | null>;
  /** What it wrote to standard error so far. */
  errors(): string;
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Waits for its end and answers the exit code. */
  exitCode(): Promise<number | null>;
}

/** @param file a URL of the file, as `new URL('./some-file.ts', import.meta.url)`. */
export function startChild(file: URL, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const hook = new URL('../../scripts/typescript.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', hook, fileURLToPath(file), ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return {
    process: child,
    errors: () => errors,
    async nextLine() {
      const { value, done } = await lines.next();
      return done === true ? null : value;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async exitCode() {
      await ended;
      return child.exitCode;
    },
  };
}
