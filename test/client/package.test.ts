import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBlocks, readPages } from '../docs/pages.ts';
import { CARDS } from '../support/gateway.ts';
import { payOver, serveGateway } from '../support/served.ts';
import { readSnippets, splitImport } from './seed.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SETUP_MS = 240_000;
const exec = promisify(execFile);

let folder: string;
/** A folder of somebody else's, with nothing in it but the package, and the SDK beside it, which the docs import too. */
let shop: string;
let installed: string;
let files: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-package-'));
  shop = join(folder, 'shop');
  installed = join(shop, 'node_modules/tollgate');
  await mkdir(shop);
  await writeFile(join(shop, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }));
  // Packing compiles what is not up to date, by the package's own `prepack`.
  await exec('npm', ['pack', '--silent', '--workspaces', '--include-workspace-root', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith('.tgz')).map((name) => join(folder, name));
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--loglevel=error'];
  await exec('npm', ['install', ...flags, ...tarballs], { cwd: shop });
  const entries = await readdir(installed, { recursive: true, withFileTypes: true });
  files = entries.filter((entry) => entry.isFile()).map((entry) => relative(installed, join(entry.parentPath, entry.name)));
}, SETUP_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the package holds what runs and neither sources nor tests nor secrets', async () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'dist/cli.js',
      'dist/main.js',
      'dist/sdk/client/client.js',
      'dist/sdk/client/client.d.ts',
      'dist/pages/checkout/index.html',
    ]),
  );
  expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'CHANGELOG.md', 'schema.graphql', 'docs/errors.md']));
  expect(files.some((file) => /^prisma\/migrations\/\d+_\w+\/migration\.sql$/.test(file))).toBe(true);
  expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
  expect(
    files.filter((file) =>
      /^(src|test|bench|scripts|coverage|\.)|\.(env|pem|key|log|tgz|tsbuildinfo)$|credentials\.json|encryption-key$/.test(file),
    ),
  ).toEqual([]);
  for (const file of files) {
    const text = await readFile(join(installed, file), 'utf8');
    expect(text.match(/\b(sk|pk)_(test|live)_[\w-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY/)?.[0], file).toBeUndefined();
    expect(text.includes(ROOT), `${file} names the folder in which it was built`).toBe(false);
  }
});

test('nothing that the client export reaches is code of the server', async () => {
  const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  expect(Object.keys(exports)).toEqual(['./client', './package.json']);
  const code = await reach(join(installed, exports['./client'].default));
  expect(code.outside).toEqual([]);
  expect(code.inside.filter((file) => !/^dist\/sdk\/(client|generated)\//.test(file))).toEqual([]);
  const types = await reach(join(installed, exports['./client'].types));
  expect(types.outside).toEqual([]);
  expect(types.inside.filter((file) => !/^dist\/sdk\/(client|generated)\//.test(file))).toEqual([]);
});

/** Every file that a module imports, directly or not, and the packages that they name. */
async function reach(entry: string): Promise<{ inside: readonly string[]; outside: readonly string[] }> {
  const inside = new Set([entry]);
  const outside = new Set<string>();
  for (const file of inside) {
    for (const { fileName } of ts.preProcessFile(await readFile(file, 'utf8')).importedFiles) {
      if (!fileName.startsWith('.')) outside.add(fileName);
      else inside.add(join(dirname(file), entry.endsWith('.d.ts') ? fileName.replace(/\.[jt]s$/, '.d.ts') : fileName));
    }
  }
  return { inside: [...inside].map((file) => relative(installed, file)), outside: [...outside] };
}

test('the snippets of the document and of our docs fit the types of the package, strictly, and the first ones run', {
  timeout: 120_000,
}, async () => {
  await writeFile(join(shop, 'order.ts'), orderProgram());
  await writeFile(join(shop, 'snippets.ts'), snippetsModule());
  const docs = docsModules();
  for (const [name, text] of Object.entries(docs)) await writeFile(join(shop, name), text);
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: false,
    outDir: 'built',
    typeRoots: [join(ROOT, 'node_modules/@types')],
    types: ['node'],
  };
  await writeFile(
    join(shop, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['order.ts', 'snippets.ts', ...Object.keys(docs)] }),
  );
  const check = await exec(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', shop]).catch(
    (error: { stdout: string }) => error,
  );
  expect(check.stdout).toBe('');

  const gateway = await serveGateway();
  try {
    const merchant = await gateway.newMerchant();
    const env = {
      ...process.env,
      TOLLGATE_URL: gateway.url,
      TOLLGATE_SECRET_KEY: merchant.secretKey,
      ACCRUPAY_PROVIDER_ID: merchant.accountId,
    };
    const { stdout } = await exec(process.execPath, ['built/order.js'], { cwd: shop, env });
    const { session, account } = JSON.parse(stdout);
    expect(account).toBe(merchant.accountId);
    expect(session).toMatchObject({ merchantInternalTransactionCode: 'order-8821', amount: '10000n', status: 'PENDING' });
    expect(await payOver(gateway.url, session.token, CARDS.approve)).toEqual({ status: 'succeeded' });
  } finally {
    await gateway.close();
  }
});

/** The first two snippets as one program; the import and the constructor name this package and nothing else is changed. */
function orderProgram(): string {
  const [config, start] = ['getBaseConfig', 'payments.start'].map(
    (name) => readSnippets().find((snippet) => snippet.name === name)?.code ?? '',
  );
  const [importLine = '', ...rest] = (start ?? '').split('\n');
  return [
    importLine.replace("'@accrupay/node'", "'tollgate/client'"),
    'const accrupay = new AccruPay({ url: process.env.TOLLGATE_URL, secretKey: process.env.TOLLGATE_SECRET_KEY });',
    config,
    ...rest,
    "const text = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);",
    'console.log(JSON.stringify({ session, account: config.transactionProviderId }, text));',
  ].join('\n');
}

function snippetsModule(): string {
  const bodies = readSnippets().map(
    ({ code }, index) => `export async function run${index}(session: { id: string }) {\n{\n${splitImport(code).code}\n}\n}\n`,
  );
  return [
    "import AccruPay, { COUNTRY_ISO_2, CURRENCY } from 'tollgate/client';",
    'const accrupay = new AccruPay({ url: process.env.TOLLGATE_URL, secretKey: process.env.TOLLGATE_SECRET_KEY });',
    ...bodies,
  ].join('\n');
}

/** The `ts` blocks of each page that uses our package, one behind the other, as one module. */
function docsModules(): Readonly<Record<string, string>> {
  const modules: Record<string, string> = {};
  for (const page of readPages()) {
    const blocks = readBlocks(page).filter(({ language }) => language === 'ts');
    const isOfOthers = blocks.some(({ text }) => text.includes("from '@accrupay/node'"));
    if (blocks.length > 0 && !isOfOthers)
      modules[`${page.name.replaceAll(/\W/g, '_')}.ts`] = blocks.map(({ text }) => text).join('\n');
  }
  return modules;
}

test('the command can be executed in a clone too, where no installation makes it so', async () => {
  const { mode } = await stat(join(ROOT, 'dist/cli.js'));
  expect(mode & 0o111).toBe(0o111);
});

test('the command of the package runs with what the package itself depends on', { timeout: 60_000 }, async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const { stdout } = await exec(join(shop, 'node_modules/.bin/tollgate'), ['--version'], { cwd: shop });
  expect(stdout.trim()).toBe(version);
});
