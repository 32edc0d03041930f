// Installs, generates and compiles what is missing or older than its sources. Plain Node without dependencies: it runs on a
// fresh clone.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMPS = join(ROOT, 'node_modules/.cache/tollgate');

/** Makes node_modules match package-lock.json. */
export async function install() {
  if (isInstalled()) return;
  step('Installing dependencies');
  await run('npm', ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Makes the generated code from the Prisma schema and the documents of the SDK and the pages. */
export async function generate() {
  const inputs = [
    'package-lock.json',
    'prisma.config.ts',
    'prisma/schema.prisma',
    'codegen.ts',
    'schema.graphql',
    ...under('packages/sdk/src/client/documents'),
    ...under('src/console/documents'),
    ...under('src/checkout/documents'),
  ];
  const outputs = [
    'packages/sdk/src/generated/graphql.ts',
    'src/generated/prisma/client.ts',
    'src/generated/console/graphql.ts',
    'src/generated/checkout/graphql.ts',
  ];
  await unlessDone('generate', { inputs, outputs }, async () => {
    step('Generating code');
    await run(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], { stdio: 'pipe' });
    await run(process.execPath, ['node_modules/@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen.ts'], { stdio: 'pipe' });
  });
}

/** Makes the SDK's dist: ES modules and CommonJS, each with its types. */
export async function buildSdk() {
  await unlessDone('sdk', { inputs: sdkInputs(), outputs: [`${SDK}/client/client.js`] }, async () => {
    step('Building the SDK');
    const target = join(ROOT, 'packages/sdk/dist');
    const [fresh, old] = [`${target}.new-${process.pid}`, `${target}.old-${process.pid}`];
    const kinds = { esm: 'packages/sdk/tsconfig.json', cjs: 'packages/sdk/tsconfig.commonjs.json' };
    for (const [kind, config] of Object.entries(kinds)) {
      const tsc = ['node_modules/typescript/bin/tsc', '-p', config, '--outDir', join(fresh, kind)];
      await run(process.execPath, tsc, { cleanUp: fresh });
    }
    writeFileSync(join(fresh, 'cjs/package.json'), '{ "type": "commonjs" }\n');
    if (existsSync(target)) renameSync(target, old);
    renameSync(fresh, target);
    rmSync(old, { recursive: true, force: true });
  });
}

const SDK = 'packages/sdk/dist/esm';

function sdkInputs() {
  const configs = ['tsconfig.json', 'packages/sdk/tsconfig.json', 'packages/sdk/tsconfig.commonjs.json'];
  return ['package-lock.json', ...configs, ...under('packages/sdk/src')];
}

/** Makes dist from src and the built SDK, but for the pages. */
export async function compile() {
  const sources = under('src').filter(
    (file) => !PAGES.some((page) => file.startsWith(`src/${page}/`) || file.startsWith(`src/generated/${page}/`)),
  );
  const inputs = ['tsconfig.build.json', ...sdkInputs(), ...sources];
  await unlessDone('compile', { inputs, outputs: ['dist/main.js', 'dist/sdk/client/client.d.ts'] }, async () => {
    step('Compiling');
    // Beside the old one and swapped at the end, so that a running gateway never sees half of it.
    const [fresh, old] = [`dist.new-${process.pid}`, `dist.old-${process.pid}`].map((name) => join(ROOT, name));
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh], {
      cleanUp: fresh,
    });
    // `tollgate/client` is the SDK's client: a copy, so that the package does not wait for another one to be published.
    cpSync(join(ROOT, SDK), join(fresh, 'sdk'), { recursive: true });
    // For `npx tollgate` in a clone; an installed package gets this from npm.
    chmodSync(join(fresh, 'cli.js'), 0o755);
    if (existsSync(join(ROOT, 'dist/pages'))) renameSync(join(ROOT, 'dist/pages'), join(fresh, 'pages'));
    if (existsSync(join(ROOT, 'dist'))) renameSync(join(ROOT, 'dist'), old);
    renameSync(fresh, join(ROOT, 'dist'));
    rmSync(old, { recursive: true, force: true });
  });
}

/** What browsers load, each built by itself into dist/pages. */
const PAGES = ['console', 'checkout'];

/** Makes dist/pages from the sources of each page. */
export async function buildPages() {
  for (const page of PAGES) {
    const inputs = [
      'package-lock.json',
      'tsconfig.json',
      'vite.config.ts',
      ...under(`src/${page}`),
      'src/events/event.ts',
      ...under('src/kernel'),
      ...under(`src/generated/${page}`),
    ];
    await unlessDone(`page-${page}`, { inputs, outputs: [`dist/pages/${page}/index.html`] }, async () => {
      step(`Building the ${page}`);
      const target = join(ROOT, `dist/pages/${page}`);
      const [fresh, old] = [`${target}.new-${process.pid}`, `${target}.old-${process.pid}`];
      const vite = ['node_modules/vite/bin/vite.js', 'build', '--mode', page, '--outDir', fresh, '--logLevel', 'warn'];
      // Whatever the caller's environment, a page is built as it is served: for development it would be slower and name our folders.
      await run(process.execPath, vite, { cleanUp: fresh, env: { ...process.env, NODE_ENV: 'production' } });
      if (existsSync(target)) renameSync(target, old);
      renameSync(fresh, target);
      rmSync(old, { recursive: true, force: true });
    });
  }
}

/** Whether every package of the lock file is there in its version, as npm itself keeps account of it. */
function isInstalled() {
  try {
    const wanted = readJson('package-lock.json').packages;
    const present = readJson('node_modules/.package-lock.json').packages;
    return Object.entries(wanted).every(
      ([path, entry]) => path === '' || entry.optional || entry.link || entry.version === present[path]?.version,
    );
  } catch {
    return false;
  }
}

/** Does the work when an output is missing or the inputs are not those that the last success had. */
async function unlessDone(name, { inputs, outputs }, work) {
  const hash = createHash('sha256');
  for (const file of inputs)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  const digest = hash.digest('hex');
  const stamp = join(STAMPS, name);
  const isDone =
    outputs.every((file) => existsSync(join(ROOT, file))) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest;
  if (isDone) return;
  await work();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, digest);
}

function under(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}

/**
 * Ends this program when the command fails, and takes away what it left. With `pipe`, what it prints is shown only then. A signal
 * to this program ends the command too, with all that it started, so that nothing goes on without us.
 */
async function run(command, args, { stdio = 'inherit', cleanUp, env } = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ['ignore', stdio, stdio],
    env: env ?? process.env,
    shell: IS_WINDOWS && command === 'npm',
    // A group of its own, so that one signal reaches whatever the command started.
    detached: !IS_WINDOWS,
  });
  let stopped = null;
  const stop = (signal) => {
    stopped ??= signal;
    endGroup(child);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (printed += text));
  const [status, message] = await Promise.race([
    once(child, 'close').then(([code]) => [code, '']),
    once(child, 'error').then(([error]) => [null, error.message]),
  ]).catch((error) => [null, error.message]);
  for (const signal of SIGNALS) process.removeListener(signal, stop);
  if (status === 0 && stopped === null) return;
  if (cleanUp !== undefined) rmSync(cleanUp, { recursive: true, force: true });
  if (stopped !== null) process.exit(128 + constants.signals[stopped]);
  process.stderr.write(`${printed}${message}\n`);
  process.stderr.write(`\`${command} ${args.join(' ')}\` failed: nothing was started.\n`);
  process.exit(1);
}

const IS_WINDOWS = process.platform === 'win32';
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'];
const PARENT = process.ppid;
const PARENT_CHECK_MS = 250;

/**
 * Takes the end of the parent for SIGTERM from now on, where npm is the parent: its shell ends on that signal and passes nothing on.
 * A script calls this first, so that the parent is still there.
 */
export function endWithParent() {
  if (process.env.npm_lifecycle_event === undefined || PARENT <= 1) return;
  const timer = setInterval(() => {
    if (process.ppid === PARENT) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  timer.unref();
}

function endGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(IS_WINDOWS ? child.pid : -child.pid, 'SIGTERM');
  } catch {
    // It has ended already.
  }
}

function step(message) {
  process.stdout.write(`${message} …\n`);
}

function readJson(file) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}
