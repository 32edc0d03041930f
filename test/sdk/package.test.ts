import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createContext, Script } from 'node:vm';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bodyOf, newSecret, signed } from './messages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const exec = promisify(execFile);

let folder: string;
/** A folder of somebody else's, with nothing in it but the package. */
let shop: string;
let installed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-sdk-'));
  shop = join(folder, 'shop');
  installed = join(shop, 'node_modules/@tollgate/sdk');
  await mkdir(shop);
  await writeFile(join(shop, 'package.json'), JSON.stringify({ name: 'shop', private: true }));
  // Packing builds what is not up to date, by the package's own `prepack`.
  await exec('npm', ['pack', '--silent', '--workspace', '@tollgate/sdk', '--pack-destination', folder], { cwd: ROOT });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  const flags = ['--no-audit', '--no-fund', '--offline', '--ignore-scripts', '--loglevel=error'];
  await exec('npm', ['install', ...flags, join(folder, tarball)], { cwd: shop });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the package holds its code in both forms with types, and depends on nothing', async () => {
  const entries = await readdir(installed, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(installed, join(entry.parentPath, entry.name)));
  const modules = ['client/client', 'webhooks/webhooks'];
  const built = modules.flatMap((name) =>
    ['esm', 'cjs'].flatMap((kind) => [`dist/${kind}/${name}.js`, `dist/${kind}/${name}.d.ts`]),
  );
  expect(files).toEqual(expect.arrayContaining([...built, 'README.md', 'LICENSE']));
  expect(files.filter((file) => /\.map$|(?<!\.d)\.ts$|^(src|test)\//.test(file))).toEqual([]);
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining([expect.stringMatching(/dependencies$/i)]));
  const texts = await Promise.all(
    files.filter((file) => /\.[jt]s$/.test(file)).map((file) => readFile(join(installed, file), 'utf8')),
  );
  const named = texts.flatMap((text) =>
    [...text.matchAll(/(?:from |import\(|require\()["']([^."'][^"']*)["']/g)].map(([, name]) => name),
  );
  expect(named).toEqual([]);
});

describe('a shop', () => {
  const secret = newSecret();
  const { body, headers } = signed(bodyOf('session.completed'), [secret], new Date());
  const use = `
    const check = async () => {
      const event = await verify(${JSON.stringify(body)}, ${JSON.stringify(headers)}, ${JSON.stringify(secret)});
      const wrong = await verify('{}', ${JSON.stringify(headers)}, ${JSON.stringify(secret)}).catch((error) => error);
      console.log(event.type, wrong instanceof WebhookVerificationError, wrong.code, typeof new Tollgate({ url: 'http://a.test', secretKey: 'x' }).transactions.getOne);
    };
    check();`;
  const printed = 'session.completed true KEY_WRONG function\n';

  test('takes it as ES modules', async () => {
    await writeFile(
      join(shop, 'shop.mjs'),
      `import Tollgate from '@tollgate/sdk';\nimport { verify, WebhookVerificationError } from '@tollgate/sdk/webhooks';${use}`,
    );
    expect(await exec(process.execPath, ['shop.mjs'], { cwd: shop })).toEqual({ stdout: printed, stderr: '' });
  });

  test('takes it as CommonJS', async () => {
    await writeFile(
      join(shop, 'shop.cjs'),
      `const { Tollgate } = require('@tollgate/sdk');\nconst { verify, WebhookVerificationError } = require('@tollgate/sdk/webhooks');${use}`,
    );
    expect(await exec(process.execPath, ['shop.cjs'], { cwd: shop })).toEqual({ stdout: printed, stderr: '' });
  });

  test.each([
    ['a module, for the edge', 'edge.mts', { module: 'nodenext', lib: ['es2022'] }],
    ['a CommonJS file', 'node.cts', { module: 'nodenext', lib: ['es2022', 'dom'] }],
    [
      'code of older settings',
      'older.ts',
      { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0', lib: ['es2022', 'dom'] },
    ],
    ['code for a bundler', 'bundled.mts', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] }],
  ])('gets strict types in %s', { timeout: 60_000 }, async (_name, file, options) => {
    const folderOfFile = join(shop, file.replace('.', '-'));
    await mkdir(folderOfFile);
    await writeFile(join(folderOfFile, file), options.lib.includes('dom') ? RECEIVER + CLIENT : RECEIVER);
    const compilerOptions = { target: 'es2022', strict: true, skipLibCheck: false, noEmit: true, types: [], ...options };
    await writeFile(join(folderOfFile, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const check = await exec(process.execPath, [tsc, '-p', folderOfFile]).catch((error: { stdout: string }) => error);
    expect(check.stdout).toBe('');
  });
});

const RECEIVER = `
import { verify, WebhookVerificationError } from '@tollgate/sdk/webhooks';

export async function receive(body: Uint8Array, headers: { get(name: string): string | null }): Promise<string | null> {
  const event = await verify(body, headers, { keys: ['whsec_a', undefined], toleranceMs: 1000 });
  switch (event.type) {
    case 'session.completed':
      return event.data.session.merchantInternalTransactionCode;
    case 'transaction.declined':
      return event.data.transaction.declineReason;
    default:
      // @ts-expect-error Others need not have a session.
      return event.data.session.id;
  }
}
export const refused = WebhookVerificationError;
`;

const CLIENT = `
import { Tollgate, TollgateError } from '@tollgate/sdk';
export const client = new Tollgate({ url: 'http://a.test', secretKey: 'sk_test_x' });
export const session = async () => (await client.transactions.clientSessions.getOne({ id: 'x' }))?.currency satisfies string | undefined;
export const error = TollgateError;
`;

test('webhooks are verified where there is WebCrypto and nothing of Node.js', async () => {
  const secret = newSecret();
  const { body, headers } = signed(bodyOf('session.completed'), [secret], new Date());
  const { crypto, TextEncoder, TextDecoder, atob } = globalThis;
  const realm = createContext({ crypto, TextEncoder, TextDecoder, atob, given: { body, headers, secret } });
  // A runtime with modules of its own: `require` stands for its loader, which finds files of the package only.
  const load = (file: string, from: string): unknown => {
    const path = createRequire(from).resolve(file);
    expect(path.startsWith(join(installed, 'dist/cjs/'))).toBe(true);
    const exports = {};
    const code = `(function (exports, require) {${sources.get(path)}\n})`;
    new Script(code).runInContext(realm)(exports, (name: string) => load(name, path));
    return exports;
  };
  const sources = new Map<string, string>();
  const webhooks = join(installed, 'dist/cjs/webhooks');
  for (const name of await readdir(webhooks)) sources.set(join(webhooks, name), await readFile(join(webhooks, name), 'utf8'));
  const library = load('./webhooks.js', join(webhooks, 'x.js')) as Record<string, unknown>;
  Object.assign(realm, { library });
  const run = (code: string) => new Script(code).runInContext(realm);
  expect(await run('typeof process + typeof Buffer + typeof require')).toBe('undefinedundefinedundefined');
  expect(await run('library.verify(given.body, given.headers, given.secret).then((event) => event.type)')).toBe(
    'session.completed',
  );
  expect(await run('library.verify(" " + given.body, given.headers, given.secret).catch((error) => error.code)')).toBe(
    'BODY_CHANGED',
  );
});

describe('a bundler', () => {
  /** The code that a bundler makes of an entry. */
  async function bundle(code: string): Promise<string> {
    await writeFile(join(shop, 'entry.js'), code);
    const result = await build({
      root: shop,
      configFile: false,
      logLevel: 'silent',
      build: { write: false, minify: true, lib: { entry: join(shop, 'entry.js'), formats: ['es'] } },
    });
    return (result as Rolldown.RolldownOutput[])
      .flatMap(({ output }) => output.map((part) => ('code' in part ? part.code : '')))
      .join('');
  }

  test('leaves out all that is not used', async () => {
    expect((await bundle("import '@tollgate/sdk'; import '@tollgate/sdk/webhooks';")).trim()).toBe('');
  });

  test('makes less than 12 kB of the receiver', async () => {
    const code = await bundle("export { verify } from '@tollgate/sdk/webhooks';");
    expect(code).toContain('webhook-signature');
    expect(code.length).toBeLessThan(12_000);
  });
});
