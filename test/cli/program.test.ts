import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { type Child, startChild } from '../support/child.ts';
import { testServerUrl } from '../support/template.ts';
import { copyTemplate, type DatabasePlace } from '../support/world.ts';

let place: DatabasePlace;
let folder: string;
beforeAll(async () => {
  place = await copyTemplate();
  folder = await mkdtemp(join(tmpdir(), 'tollgate-cli-'));
});
afterAll(async () => {
  await place.remove();
  await rm(folder, { recursive: true, force: true });
});

const encryptionKey = Buffer.alloc(32, 7).toString('base64');

function placeEnvironment(): Record<string, string> {
  const { databaseUrl, dataDir } = place;
  const server = databaseUrl === null ? {} : { DATABASE_URL: databaseUrl, TOLLGATE_ENCRYPTION_KEY: encryptionKey };
  return { TOLLGATE_DATA_DIR: dataDir, ...server };
}

function startGateway(environment: Readonly<Record<string, string>> = {}): Child {
  return startChild(new URL('../../src/cli.ts', import.meta.url), ['serve'], {
    ...placeEnvironment(),
    PORT: '0',
    ...environment,
  });
}

/** In this process, so that dozens of command lines take a moment. */
async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const written = { text: '', errors: '' };
  const exitCode = await runProgram(args, {
    environment: { ...placeEnvironment(), ...environment },
    print: (text) => void (written.text += text),
    complain: (text) => void (written.errors += text),
  });
  return { exitCode, ...written };
}

async function runJson(args: readonly string[]) {
  const { exitCode, text, errors } = await run([...args, '--json']);
  if (exitCode !== 0) throw new Error(`${text}${errors}`);
  return JSON.parse(text);
}

describe('the command line', () => {
  it('makes a merchant with a key and an account, lists them without secrets, and ends them', async () => {
    const merchant = await runJson([
      'merchant',
      'create',
      'Corner shop',
      '--public-id',
      'corner',
      '--return-origin',
      'https://a.example',
      'https://b.example',
    ]);
    expect(merchant).toMatchObject({ publicId: 'corner', returnOrigins: ['https://a.example', 'https://b.example'] });

    const key = await runJson(['key', 'create', 'corner', '--environment', 'TEST', '--kind', 'PUBLISHABLE', '--days', '30']);
    expect(key.key).toMatch(/^pk_test_/);
    const listed = await run(['key', 'list', 'corner']);
    expect(listed.text).toContain(key.id);
    expect(listed.text).not.toContain(key.key);

    const account = await runJson(['provider', 'add', 'corner', 'example', '--label', 'test bank']);
    expect(account).toMatchObject({
      provider: 'EXAMPLE',
      isDefault: true,
      webhookUrl: expect.stringContaining('/webhooks/example/'),
    });
    expect(account).not.toHaveProperty('credentials');

    expect(await runJson(['key', 'revoke', 'corner', key.id])).toEqual({ keyId: key.id });
    expect(await runJson(['provider', 'disable', 'corner', account.id])).toEqual({ accountId: account.id });
    expect(await runJson(['provider', 'list', 'corner'])).toMatchObject([{ id: account.id, status: 'DISABLED' }]);
    expect(await runJson(['operations', 'list'])).toEqual([]);
    expect(await runJson(['jobs', 'list'])).toEqual([]);
    expect(await runJson(['jobs', 'retry', '--all'])).toEqual({ retried: 0 });
    expect(await runJson(['migrate'])).toMatchObject({ migrations: expect.arrayContaining([expect.stringContaining('_init')]) });
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ['an unknown command', ['merchant', 'destroy'], 2, /unknown command|Usage/],
    ['a missing argument', ['merchant', 'create'], 2, /missing required argument 'name'/],
    ['an unknown kind of key', ['key', 'create', 'corner', '--kind', 'GOLDEN'], 2, /Allowed choices are SECRET, PUBLISHABLE/],
    ['a number that is none', ['key', 'create', 'corner', '--days', 'ten'], 2, /whole number/],
    ['an unknown merchant', ['key', 'list', 'nobody'], 1, /There is no merchant nobody/],
    ['an origin with a path', ['merchant', 'create', 'X', '--return-origin', 'https://a.example/x'], 1, /must be an origin/],
    ['an unknown provider', ['provider', 'add', 'corner', 'swish'], 1, /EXAMPLE/],
    ['half a resolution', ['operations', 'resolve', 'x'], 2, /either --executed/],
    ['neither one job nor all', ['jobs', 'retry'], 2, /either the id of a job or --all/],
    ['an unknown job', ['jobs', 'retry', 'x'], 1, /not among the parked ones/],
    ['to give up an unknown job', ['jobs', 'discard', 'x'], 1, /not among the parked ones/],
    ['an unknown operation', ['operations', 'resolve', 'x', '--not-executed'], 1, /not among the unsettled/],
  ])('refuses %s', async (_what, args, exitCode, message) => {
    const result = await run(args);
    expect(result).toMatchObject({ exitCode, errors: expect.stringMatching(message) });
    expect(result.errors).not.toContain('    at ');
  });

  it('reads a credential from a file, so that it stands in no history, and replaces it later', async () => {
    await writeFile(join(folder, 'secret.txt'), 'sk_test_from_a_file\n');
    const add = (secretKey: string) => ['provider', 'add', 'corner', 'stripe', '--secret-key', secretKey];
    const others = ['--publishable-key', 'pk_test_x', '--webhook-secret', 'whsec_a', '--webhook-secret', 'whsec_b'];
    const missing = await run([...add(`@${join(folder, 'nowhere')}`), ...others]);
    expect(missing).toMatchObject({ exitCode: 2, errors: expect.stringContaining('cannot be read') });
    const incomplete = await run(add(`@${join(folder, 'secret.txt')}`));
    expect(incomplete).toMatchObject({ exitCode: 1, errors: expect.stringContaining('publishableKey, webhookSecret') });
    const live = await run([...add('sk_live_x'), ...others]);
    expect(live).toMatchObject({ exitCode: 1, errors: expect.stringContaining('secretKey') });
    expect(live.errors).not.toContain('sk_live_x');
    const account = await runJson([...add(`@${join(folder, 'secret.txt')}`), ...others]);
    expect(account).toMatchObject({ provider: 'STRIPE', webhookUrl: expect.stringContaining('/webhooks/stripe/whp_') });
    const changed = await runJson(['provider', 'change', 'corner', account.id, '--webhook-secret', 'whsec_c']);
    expect(changed.webhookUrl).toBe(account.webhookUrl);
    const refused = await run(['provider', 'change', 'corner', account.id, '--merchant-id', '1']);
    expect(refused).toMatchObject({ exitCode: 1, errors: expect.stringContaining('no credentials of these names: merchantId') });
  });

  it('asks a provider whether it accepts an account, and says in plain words when it cannot be reached', async () => {
    const bank = await runJson(['provider', 'add', 'corner', 'example']);
    expect(await runJson(['provider', 'check', 'corner', bank.id])).toEqual({
      accountId: bank.id,
      finding: 'EXAMPLE accepts the credentials.',
    });
    const keys = ['--secret-key', 'sk_test_x', '--publishable-key', 'pk_test_x', '--webhook-secret', 'whsec_x'];
    // Port 9 is for discarding, and nothing listens there.
    const lost = await runJson(['provider', 'add', 'corner', 'stripe', ...keys, '--base-url', 'http://127.0.0.1:9']);
    const checked = await run(['provider', 'check', 'corner', lost.id]);
    expect(checked).toMatchObject({ exitCode: 1, errors: expect.stringContaining('STRIPE: It cannot be reached.') });
    expect(await run(['provider', 'check', 'corner', 'nobody'])).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining('no provider account nobody'),
    });
  });

  it('is refused with another encryption key than the one that the database was sealed with', async () => {
    await runJson(['provider', 'add', 'corner', 'example']);
    const { exitCode, errors } = await run(['merchant', 'list'], {
      TOLLGATE_ENCRYPTION_KEY: Buffer.alloc(32, 8).toString('base64'),
    });
    expect(exitCode).toBe(1);
    expect(errors).toContain('Set TOLLGATE_ENCRYPTION_KEY to that one');
  });

  it('tells every problem of the configuration', async () => {
    const { exitCode, errors } = await run(['serve'], { PORT: 'http', TOLLGATE_LOG_LEVEL: 'loud' });
    expect(exitCode).toBe(1);
    expect(errors).toMatch(/PORT: .*\n.*TOLLGATE_LOG_LEVEL: /);
  });

  it('works beside a running gateway, and its key opens that gateway at once', async () => {
    const gateway = startGateway();
    const url = await listeningAt(gateway);
    const key = await runJson(['key', 'create', 'corner']);
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key.key}` },
      body: '{"query":"{ merchant { publicId } }"}',
    });
    expect(await answer.json()).toEqual({ data: { merchant: { publicId: 'corner' } } });
    expect(await run(['key', 'revoke', 'corner', 'nonsense'])).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining('has no key'),
    });
    gateway.process.kill('SIGTERM');
    expect(await gateway.exitCode()).toBe(0);
  });
});

describe.skipIf(testServerUrl() !== null)('the first run on the embedded database', () => {
  let firstRun: DatabasePlace;
  beforeAll(async () => {
    firstRun = await copyTemplate();
  });
  afterAll(() => firstRun.remove());

  it('makes a demo merchant whose credentials work, and a second start keeps them', async () => {
    const environment = { PORT: '0', TOLLGATE_DATA_DIR: firstRun.dataDir };
    const path = join(firstRun.dataDir, 'credentials.json');
    const read = async () => JSON.parse(await readFile(path, 'utf8'));
    const seen = [];
    for (let round = 0; round < 2; round += 1) {
      const gateway = startGateway(environment);
      const url = await listeningAt(gateway);
      const credentials = await read();
      expect(credentials.url).toBe(url);
      expect(Object.keys(credentials.accounts)).toEqual(['EXAMPLE', 'STRIPE', 'NUVEI']);
      expect((await fetch(`${credentials.simulatorUrl}/v1/payment_intents`)).status).toBe(401);
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${credentials.secretKey}` },
        body: '{"query":"{ merchant { publicId } }"}',
      });
      expect(await answer.json()).toEqual({ data: { merchant: { publicId: credentials.merchantPublicId } } });
      gateway.process.kill('SIGTERM');
      expect(await gateway.exitCode()).toBe(0);
      seen.push({ ...credentials, url: '', simulatorUrl: '' });
    }
    expect(seen[1]).toEqual(seen[0]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is refused to a second gateway, which tells who has the folder', async () => {
    const environment = { PORT: '0', TOLLGATE_DATA_DIR: firstRun.dataDir };
    const first = startGateway(environment);
    await listeningAt(first);
    const second = await run(['serve'], environment);
    expect(second).toMatchObject({ exitCode: 1, errors: expect.stringContaining(`in use by process ${first.process.pid}`) });
    await first.kill();
  });

  it('leaves no usable key, token or credential in the database files', async () => {
    const { secretKey, publishableKey } = JSON.parse(await readFile(join(firstRun.dataDir, 'credentials.json'), 'utf8'));
    const files = await readdir(join(firstRun.dataDir, 'database'), { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      const bytes = await readFile(join(file.parentPath, file.name));
      for (const key of [secretKey, publishableKey]) expect(bytes.includes(key.slice(-24)), file.name).toBe(false);
    }
  });
});

/** Waits until the gateway listens and answers its address. */
async function listeningAt(gateway: Child): Promise<string> {
  for (let line = await gateway.nextLine(); line !== null; line = await gateway.nextLine()) {
    if (line.includes('"listening"')) return (JSON.parse(line) as { url: string }).url;
  }
  throw new Error(`The gateway ended: ${gateway.errors()}`);
}
