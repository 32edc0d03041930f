import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, type GraphQLSchema, parse, validate } from 'graphql';
import Stripe from 'stripe';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as client from '../../packages/sdk/src/client/client.ts';
import { runOwnCommand } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';
import { type Ownership, takeOwnership } from '../../src/database/owner.ts';
import { newSecret } from '../../src/kernel/secret.ts';
import type { SimulatedAccount } from '../../src/simulator/accounts.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { sdk, usePackage } from '../accrupay/sdk.ts';
import { subscribe } from '../live/reader.ts';
import {
  CARDS,
  type Data,
  type Kind,
  newCode,
  REFUND,
  start,
  type TestMerchant,
  testConfig,
  verify,
} from '../support/gateway.ts';
import { payOver, type ServedGateway, serveGateway } from '../support/served.ts';
import { type Block, ROOT, readBlocks, readPages } from './pages.ts';

/**
 * Every fenced block of README.md and docs/ runs here, page by page, each page with a merchant of its own:
 * - `graphql` is sent with the secret key, with the `json` block behind it as variables; `error=CODE` says that it is refused; of a
 *   subscription, the first message is read;
 * - `ts` runs through the client, or through the official AccruPay SDK where that is imported, and knows what earlier blocks of the page declared;
 * - `sh` runs in a folder that holds `.tollgate/credentials.json`; a `json` block behind it is part of what it answers;
 * - `npx tollgate …` is run by the command line's own code and goes to the gateway;
 * - after each block a payer pays whatever it started, with a card that is approved;
 * - words such as SESSION_ID stand for things that the stage below makes.
 */

/** What cannot run inside of a test. */
const NOT_RUN: readonly string[] = [
  'npm start',
  'npm test',
  'npx tollgate simulate',
  // They end by Ctrl-C, and run in test/cli/listen.test.ts.
  'npx tollgate listen --forward-to http://127.0.0.1:3000/hooks',
  'npx tollgate events tail',
  // They need the clock of this machine, and a simulated Stripe, and run in test/cli/trigger.test.ts.
  'npx tollgate trigger expiry',
  'npx tollgate trigger dispute',
];
/** Pictures, pages that run in test/checkout/embedding.browser.ts, and programs that run in test/docs/receiving.test.ts. */
const NOT_RUN_HERE: readonly string[] = ['text', 'html', 'js'];
const URL_IN_DOCS = 'http://127.0.0.1:4000';
const SIMULATOR_PORT_IN_DOCS = '4001';

const exec = promisify(execFile);
usePackage();

let gateway: ServedGateway;
let simulator: Simulator;
let simulated: SimulatedStripe;
let schema: GraphQLSchema;
let folder: string;
let ownership: Ownership;

beforeAll(async () => {
  schema = buildSchema(await readFile(join(ROOT, 'schema.graphql'), 'utf8'));
  gateway = await serveGateway();
  folder = await mkdtemp(join(tmpdir(), 'tollgate-docs-'));
  await mkdir(join(folder, '.tollgate'));
  const { database, clock, log, vault } = gateway;
  simulator = await createSimulator({ database, clock, sign: vault.fingerprint, log, host: '127.0.0.1', port: 0 });
  simulated = { secretKey: newSecret('sk_test_'), publishableKey: newSecret('pk_test_'), webhookSecret: newSecret('whsec_') };
  await simulator.addAccount({ dialect: 'STRIPE', id: randomUUID(), webhookUrl: null, ...simulated });
  await mkdir(join(folder, '.tollgate/simulator'));
  await writeFile(join(folder, '.tollgate/simulator/simulator.json'), JSON.stringify({ stripe: simulated }));
  ownership = await takeOwnership(join(folder, '.tollgate'));
  const runtime = { config: testConfig(), log: gateway.log, app: gateway.app, ownership, close: async () => {} };
  ownership.answerCommands((command) => runOwnCommand(runtime, command));
});
afterAll(async () => {
  await ownership.release();
  await simulator.close();
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
});

const pages = readPages().filter(({ name, text }) => (name === 'README.md' || name.startsWith('docs/')) && text.includes('```'));

describe('the examples', () => {
  test.each(pages)('of $name run', { timeout: 120_000 }, async (page) => {
    const stage = await openStage();
    const blocks = readBlocks(page);
    for (const [index, block] of blocks.entries()) {
      const filled = { ...block, text: await fill(stage, block.text) };
      const next = blocks[index + 1];
      const json = next?.language === 'json' ? JSON.parse(await fill(stage, next.text)) : undefined;
      await runBlock(stage, filled, json);
      await payWhatWasStarted(stage);
    }
  });

  test('the list of what is not run names nothing that the docs do not have', () => {
    const lines = pages.flatMap((page) => readBlocks(page)).flatMap((block) => block.text.split('\n'));
    expect(NOT_RUN.filter((command) => !lines.includes(command))).toEqual([]);
  });
});

type SimulatedStripe = Pick<Extract<SimulatedAccount, { dialect: 'STRIPE' }>, 'secretKey' | 'publishableKey' | 'webhookSecret'>;

interface Stage {
  readonly merchant: TestMerchant;
  /** What `ts` blocks of the page have declared so far. */
  readonly declared: Record<string, unknown>;
  /** The shell's variables that `sh` blocks of the page have set so far. */
  readonly assignments: string[];
}

async function openStage(): Promise<Stage> {
  const merchant = await gateway.newMerchant();
  const { secretKey, publishableKey, publicId: merchantPublicId, accountId: merchantTransactionProviderId } = merchant;
  const credentials = { url: gateway.url, secretKey, publishableKey, merchantPublicId, merchantTransactionProviderId };
  await writeFile(join(folder, '.tollgate/credentials.json'), JSON.stringify(credentials));
  return { merchant, declared: {}, assignments: [] };
}

/** What stands behind the words in capitals, made when a block asks for it. */
const STAND_INS: Readonly<Record<string, (stage: Stage) => Promise<string>>> = {
  OPEN_SESSION_ID: async ({ merchant }) => (await start(merchant, 'PAYMENT')).id,
  SESSION_TOKEN: async ({ merchant }) => (await start(merchant, 'PAYMENT')).token,
  SESSION_ID: async ({ merchant }) => (await pay(merchant, 'PAYMENT')).session.id,
  TRANSACTION_ID: async ({ merchant }) => (await pay(merchant, 'PAYMENT')).transaction.id,
  AUTHORIZATION_ID: async ({ merchant }) => (await pay(merchant, 'AUTHORIZATION', { amount: '25000' })).transaction.id,
  OPERATION_ID: async ({ merchant }) => {
    const { transaction } = await pay(merchant, 'PAYMENT', {}, CARDS.lostAfter);
    const { transaction: refund } = await merchant.data(REFUND, { by: { id: transaction.id }, key: newCode() });
    expect(refund.status).toBe('UNKNOWN');
    return (await listed(['operations', 'list'])).find((operation: Data) => operation.subjectId === refund.id).id;
  },
  JOB_ID: async () => {
    const [now, id] = [gateway.clock.now(), randomUUID()];
    await gateway.database.client.job.create({ data: { id, kind: 'docs', key: id, payload: {}, attempts: 83, createdAt: now } });
    return id;
  },
  KEY_ID: async () => (await listed(['key', 'list', 'corner-shop']))[0].id,
  ACCOUNT_ID_OF_BOOK_SHOP: async () => (await listed(['provider', 'list', 'book-shop']))[0].id,
  ACCOUNT_ID_OF_TOY_SHOP: async () => (await listed(['provider', 'list', 'toy-shop']))[0].id,
  ENDPOINT_ID: async () => (await listed(['webhooks', 'list', 'hook-shop']))[0].id,
  ACCOUNT_ID: async () => (await listed(['provider', 'list', 'corner-shop']))[0].id,
};

async function pay(merchant: TestMerchant, kind: Kind, data: Record<string, unknown> = {}, card: string = CARDS.approve) {
  const session = await start(merchant, kind, data);
  await payOver(gateway.url, session.token, card);
  return { session, transaction: await verify(merchant, kind, session.id) };
}

async function fill(stage: Stage, text: string): Promise<string> {
  let filled = text.replaceAll(URL_IN_DOCS, gateway.url).replaceAll(SIMULATOR_PORT_IN_DOCS, new URL(simulator.url).port);
  for (const [word, make] of Object.entries(STAND_INS)) {
    const pattern = new RegExp(`\\b${word}\\b`, 'g');
    if (pattern.test(filled)) filled = filled.replaceAll(pattern, await make(stage));
  }
  return filled;
}

async function runBlock(stage: Stage, block: Block, json: Data): Promise<void> {
  switch (block.language) {
    case 'graphql':
      return runGraphql(stage, block, json);
    case 'ts':
      return runTypeScript(stage, block.text);
    case 'sh':
      return runShell(stage, block.text, json);
    case 'json':
      // Belongs to the block before it.
      return;
    default:
      expect(NOT_RUN_HERE, `Say how ${block.language} runs.`).toContain(block.language);
  }
}

async function runGraphql({ merchant }: Stage, block: Block, variables: Data): Promise<void> {
  if (block.text.startsWith('subscription')) return runSubscription(merchant, block, variables);
  const [, expected] = /^error=(\w+)$/.exec(block.wish) ?? [];
  if (expected !== 'GRAPHQL_VALIDATION_FAILED') expect(validate(schema, parse(block.text))).toEqual([]);
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${merchant.secretKey}` },
    body: JSON.stringify({ query: block.text, variables }),
  });
  const { errors = [] }: Data = await response.json();
  expect([...new Set(errors.map((error: Data) => error.extensions.code))], JSON.stringify(errors)).toEqual(
    expected === undefined ? [] : [expected],
  );
}

/** Its first message has data. */
async function runSubscription({ secretKey }: TestMerchant, { text: query }: Block, variables: Data): Promise<void> {
  expect(validate(schema, parse(query))).toEqual([]);
  const reader = await subscribe(gateway.app, secretKey, { query, variables });
  expect(await reader.data()).not.toBeNull();
  await reader.leave();
}

async function runTypeScript(stage: Stage, text: string): Promise<void> {
  const code = text
    .replace("import Stripe from 'stripe';", '')
    .replace(/^import (?:(\w+), )?\{ (.+) \} from '(.+)';$/m, (_line, _main, names: string, from: string) => {
      for (const name of names.split(', ')) expect(from === '@accrupay/node' ? sdk : client).toHaveProperty(name);
      return '';
    });
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  });
  const names = [...code.matchAll(/^const (\w+) = /gm)].map(([, name = '']) => name);
  const { default: Tollgate, ...rest } = client;
  const { secretKey: STRIPE_SECRET_KEY } = simulated;
  const { secretKey, accountId } = stage.merchant;
  const env = { TOLLGATE_URL: gateway.url, TOLLGATE_SECRET_KEY: secretKey, ACCRUPAY_PROVIDER_ID: accountId, STRIPE_SECRET_KEY };
  const scope = {
    ...rest,
    console: { log: () => {} },
    Tollgate,
    AccruPay: sdk.AccruPay,
    Stripe,
    process: { env },
    ...stage.declared,
  };
  // There is no other way to the constructor of async functions.
  const AsyncFunction = async function () {}.constructor as new (...parts: string[]) => (...values: unknown[]) => Promise<object>;
  const program = new AsyncFunction(...Object.keys(scope), `{ ${outputText}\n return { ${names.join(', ')} }; }`);
  Object.assign(stage.declared, await program(...Object.values(scope)));
}

async function runShell(stage: Stage, text: string, expected: Data): Promise<void> {
  const commands = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  for (const command of commands) {
    if (NOT_RUN.includes(command)) continue;
    if (/^[A-Z_]+=/.test(command)) stage.assignments.push(command);
    else if (command.startsWith('npx tollgate ')) await runTollgate(await wordsOf(command));
    else await runCurl(stage, command, expected);
  }
}

async function runCurl(stage: Stage, command: string, expected: Data): Promise<void> {
  expect(command, 'Only curl, npx tollgate and what NOT_RUN lists may stand in a sh block.').toMatch(/^curl -/);
  const { stdout } = await exec('sh', ['-e', '-c', [...stage.assignments, command].join('\n')], { cwd: folder });
  expect(stdout).not.toBe('');
  if (!stdout.startsWith('{')) return;
  const answer = JSON.parse(stdout);
  expect(answer.errors, stdout).toBeUndefined();
  if (expected !== undefined) expect(answer).toEqual(expected);
}

/** The words after `npx tollgate`, as a shell reads them. */
async function wordsOf(command: string): Promise<readonly string[]> {
  const { stdout } = await exec('sh', ['-c', `printf '%s\\n' ${command.replace(/^npx tollgate /, '')}`], { cwd: folder });
  return stdout.trimEnd().split('\n');
}

async function runTollgate(args: readonly string[]): Promise<string> {
  const printed: string[] = [];
  const keep = (text: string): void => void printed.push(text);
  const terminal = { environment: { TOLLGATE_DATA_DIR: join(folder, '.tollgate') }, print: keep, complain: keep };
  expect(await runProgram(args, terminal), printed.join('')).toBe(0);
  return printed.join('');
}

async function listed(args: readonly string[]): Promise<Data> {
  return JSON.parse(await runTollgate([...args, '--json']));
}

const OPEN = '{ clientSessions(filter: { statuses: [PENDING, ACTIVE] }) { edges { node { token attempts } } } }';

async function payWhatWasStarted({ merchant }: Stage): Promise<void> {
  const { clientSessions } = await merchant.data(OPEN);
  for (const { node } of clientSessions.edges) {
    if (node.attempts === 0) await payOver(gateway.url, node.token, CARDS.approve);
  }
}
