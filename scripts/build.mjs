import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the repository with its output in this terminal; answers whether it succeeded. */
export function run(command, args, { stdio = 'inherit' } = {}) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio, shell: process.platform === 'win32' });
  return status === 0;
}

/** Compiles src to dist, beside a copy of the checkout page. Type errors are told and do not stop the output. */
export function emitServer(options) {
  cpSync(join(ROOT, 'src/checkout'), join(ROOT, 'dist/checkout'), { recursive: true });
  return run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], options);
}
