import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'src/kernel',
  'src/bank',
  'src/database',
  'src/generated',
  'src/providers',
  'scripts',
  'test/providers',
  'test/support',
];
const FILES = ['package.json', 'tsconfig.json', 'biome.json', 'test/kernel/worst-input.ts'];

let checkout: string;
beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'tollgate-new-provider-'));
  for (const path of [...COPIED, ...FILES]) await cp(join(ROOT, path), join(checkout, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
});
afterAll(() => rm(checkout, { recursive: true, force: true }));

/** Runs Node.js in the copy of the checkout. */
function run(...args: string[]): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: checkout }, (error, stdout, stderr) =>
      resolve({ exitCode: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

const generate = (name: string) => run('--import', './scripts/typescript.mjs', 'scripts/new-provider.ts', name);
const readLists = () =>
  Promise.all(['descriptors', 'registry'].map((name) => readFile(join(checkout, `src/providers/${name}.ts`), 'utf8')));

describe('npm run new:provider', () => {
  it.each([
    ['', 'Give a name of 2 to 20 small letters'],
    ['../evil', 'Give a name of 2 to 20 small letters'],
    ['Acme', 'Give a name of 2 to 20 small letters'],
    ['stripe', 'There is a provider stripe already. Choose another name.'],
  ])('refuses the name %j and changes nothing', async (name, words) => {
    const before = await readLists();
    expect(await generate(name)).toMatchObject({ exitCode: 1, output: expect.stringContaining(words) });
    expect(await readLists()).toEqual(before);
  });

  it('overwrites no file that is there already', async () => {
    const path = 'test/providers/other.test.ts';
    const before = await readLists();
    await writeFile(join(checkout, path), 'mine');
    expect(await generate('other')).toMatchObject({ exitCode: 1, output: expect.stringContaining(`${path} exists already.`) });
    expect(await readFile(join(checkout, path), 'utf8')).toBe('mine');
    expect(await readLists()).toEqual(before);
    await rm(join(checkout, path));
  });

  it('writes a provider that compiles, is registered, and whose conformance suite names what is missing', async () => {
    expect(await generate('acme')).toMatchObject({ exitCode: 0 });
    expect((await generate('acme')).output).toContain('There is a provider acme already.');

    await writeFile(
      join(checkout, 'tsconfig.acme.json'),
      JSON.stringify({
        extends: './tsconfig.json',
        files: ['src/providers/registry.ts', 'test/providers/acme.test.ts'],
        include: [],
      }),
    );
    const [types, format, suite] = await Promise.all([
      run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.acme.json'),
      run('node_modules/@biomejs/biome/bin/biome', 'check', '--vcs-enabled=false', 'src/providers', 'test/providers'),
      run('node_modules/vitest/vitest.mjs', 'run', 'test/providers/acme.test.ts', '--reporter=json'),
    ]);
    expect(types).toEqual({ exitCode: 0, output: '' });
    expect(format).toEqual({ exitCode: 0, output: expect.any(String) });

    const report = JSON.parse(suite.output.slice(suite.output.indexOf('{"num')));
    const tests = report.testResults[0].assertionResults as { title: string; status: string; failureMessages: string[] }[];
    const failed = tests.filter(({ status }) => status === 'failed');
    expect(tests.filter(({ status }) => status === 'passed').map(({ title }) => title)).toEqual([
      'keeps secrets out of the base config',
    ]);
    expect(failed.length).toBeGreaterThan(20);
    for (const { failureMessages } of failed) expect(failureMessages[0]).toContain('ACME is missing: ');
  });
});
