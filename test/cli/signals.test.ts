import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WAIT_MS_MAX = 30_000;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder in which `npm start` runs our script over these files. */
function makeFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-start-'));
  folders.push(folder);
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const all = { 'package.json': JSON.stringify({ type: 'module', scripts: { start: scripts.start } }), ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + WAIT_MS_MAX;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error('This did not happen in time.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Ended, but not yet read by its parent.
    const path = `/proc/${pid}/stat`;
    return !existsSync(path) || !/\) Z /.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}

const WAYS = [
  ['SIGTERM', 'npm alone'],
  ['SIGINT', 'npm alone'],
  ['SIGTERM', 'the process group'],
  ['SIGINT', 'the process group'],
] as const;

/** Starts `npm start`, waits for the ids that its processes write, sends the signal, and waits until all of them have ended. */
async function endBySignal(folder: string, [signal, target]: (typeof WAYS)[number]): Promise<void> {
  const npm: ChildProcess = spawn('npm', ['start'], {
    cwd: folder,
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, npm_config_update_notifier: 'false' },
  });
  const ended = once(npm, 'exit');
  const group = npm.pid ?? 0;
  const file = join(folder, 'pids');
  let pids: number[] = [];
  try {
    await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('ready\n'));
    pids = readFileSync(file, 'utf8').match(/\d+/g)?.map(Number) ?? [];
    expect(pids.length).toBeGreaterThan(0);
    process.kill(target === 'npm alone' ? group : -group, signal);
    await ended;
    await until(() => !pids.some(isAlive));
  } finally {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    if (isAlive(group)) process.kill(-group, 'SIGKILL');
  }
}

describe('a signal to npm start', () => {
  const NOTE = `const note = (text) => appendFileSync('pids', text + '\\n');`;

  /** Stands for a compiler that takes long and has a process of its own. */
  const COMPILER = `import { spawn } from 'node:child_process'; import { appendFileSync } from 'node:fs'; ${NOTE}
    const own = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 100000)'], { stdio: 'ignore' });
    note(process.pid); note(own.pid); note('ready'); setTimeout(() => {}, 100000);`;

  test.each(WAYS)('while it is compiling ends the compiler too: %s to %s', { timeout: 2 * WAIT_MS_MAX }, async (...way) => {
    const folder = makeFolder({
      'package-lock.json': '{"packages":{}}',
      'node_modules/.package-lock.json': '{"packages":{}}',
      'node_modules/prisma/build/package.json': '{"type":"module"}',
      'node_modules/prisma/build/index.js': COMPILER,
      'prisma.config.ts': '',
      'prisma/schema.prisma': '',
      'codegen.ts': '',
      'schema.graphql': '',
      'packages/sdk/src/client/documents/a': '',
      'src/console/documents/a': '',
      'src/checkout/documents/a': '',
    });
    mkdirSync(join(folder, 'scripts'));
    for (const name of ['build.mjs', 'start.mjs']) copyFileSync(join(ROOT, 'scripts', name), join(folder, 'scripts', name));
    await endBySignal(folder, way);
  });
});
