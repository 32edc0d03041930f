// Installs, generates and compiles what is missing or older than its sources. Plain Node without dependencies: it runs on a
// fresh clone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMPS = join(ROOT, 'node_modules/.cache/tollgate');

/** Makes node_modules match package-lock.json. */
export function install() {
  if (isInstalled()) return;
  step('Installing dependencies');
  run('npm', ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Makes src/generated from the Prisma schema and the documents of the client and the pages. */
export function generate() {
  const inputs = [
    'package-lock.json',
    'prisma.config.ts',
    'prisma/schema.prisma',
    'codegen.ts',
    'schema.graphql',
    ...under('src/client/documents'),
    ...under('src/console/documents'),
    ...under('src/checkout/documents'),
  ];
  const outputs = ['prisma/client.ts', 'client/graphql.ts', 'console/graphql.ts', 'checkout/graphql.ts'].map(
    (file) => `src/generated/${file}`,
  );
  unlessDone('generate', { inputs, outputs }, () => {
    step('Generating code');
    run(process.execPath, ['node_modules/prisma/build/index.js', 'generate'], { stdio: 'pipe' });
    run(process.execPath, ['node_modules/@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen.ts'], { stdio: 'pipe' });
  });
}

/** Makes dist from src, but for the pages. */
export function compile() {
  const inputs = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'tsconfig.client.json', ...under('src')].filter(
    (file) => !PAGES.some((page) => file.startsWith(`src/${page}/`) || file.startsWith(`src/generated/${page}/`)),
  );
  unlessDone('compile', { inputs, outputs: ['dist/main.js', 'dist/client/client.d.ts'] }, () => {
    step('Compiling');
    // Beside the old one and swapped at the end, so that a running gateway never sees half of it.
    const [fresh, old] = [`dist.new-${process.pid}`, `dist.old-${process.pid}`].map((name) => join(ROOT, name));
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh], {
      cleanUp: fresh,
    });
    // Declarations are for those who import the client; the server is run and not imported.
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.client.json', '--outDir', fresh], {
      cleanUp: fresh,
    });
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
export function buildPages() {
  for (const page of PAGES) {
    const inputs = [
      'package-lock.json',
      'tsconfig.json',
      'vite.config.ts',
      ...under(`src/${page}`),
      ...under('src/kernel'),
      ...under(`src/generated/${page}`),
    ];
    unlessDone(`page-${page}`, { inputs, outputs: [`dist/pages/${page}/index.html`] }, () => {
      step(`Building the ${page}`);
      const target = join(ROOT, `dist/pages/${page}`);
      const [fresh, old] = [`${target}.new-${process.pid}`, `${target}.old-${process.pid}`];
      const vite = ['node_modules/vite/bin/vite.js', 'build', '--mode', page, '--outDir', fresh, '--logLevel', 'warn'];
      // Whatever the caller's environment, a page is built as it is served: for development it would be slower and name our folders.
      run(process.execPath, vite, { cleanUp: fresh, env: { ...process.env, NODE_ENV: 'production' } });
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
function unlessDone(name, { inputs, outputs }, work) {
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
  work();
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(stamp, digest);
}

function under(folder) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort();
}

/** Ends this program when the command fails, and takes away what it left. With `pipe`, what it prints is shown only then. */
function run(command, args, { stdio = 'inherit', cleanUp, env } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', stdio, stdio],
    encoding: 'utf8',
    env: env ?? process.env,
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (status === 0) return;
  if (cleanUp !== undefined) rmSync(cleanUp, { recursive: true, force: true });
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}\n`);
  process.stderr.write(`\`${command} ${args.join(' ')}\` failed: nothing was started.\n`);
  process.exit(1);
}

function step(message) {
  process.stdout.write(`${message} …\n`);
}

function readJson(file) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}
