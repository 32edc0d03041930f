import { type Environment, readEnvironment } from '../config.ts';

/** Where a command line gets its configuration from and writes to. */
export interface Terminal {
  readonly environment: Environment;
  print(text: string): void;
  complain(text: string): void;
}

// A reader that went away, as `head` does, must not end a gateway that serves.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

export const PROCESS_TERMINAL: Terminal = {
  environment: readEnvironment(),
  print: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
};
