import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WEBHOOK_ERROR_CODES, type WebhookEvent } from '../../packages/sdk/src/webhooks/webhooks.ts';
import { bodyOf, type Message, newSecret, signed } from '../sdk/messages.ts';
import { drawnPart } from './draw.ts';
import { pageNamed, ROOT, readBlocks } from './pages.ts';

const PAGE = pageNamed('docs/webhooks.md');
const SECRET = newSecret();

/** What the shop does with an event: here it says so, and one type fails. */
const FULFIL = `
export function fulfil(event) {
  if (event.type === 'session.error') throw new Error('The database is down.');
  console.log('handled ' + event.data.eventId);
}`;

/** Says the port of whatever listens, since the recipes keep theirs to themselves. */
const TELL_PORT = `
import { Server } from 'node:net';
const { listen } = Server.prototype;
Server.prototype.listen = function (...given) {
  this.once('listening', () => console.log('port ' + this.address().port));
  return listen.apply(this, given);
};`;

/** Calls a route handler for each request, as Next.js does. */
const SERVE_ROUTE = `
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { POST } from './next.js';
createServer(async (request, response) => {
  const body = await buffer(request);
  const answer = await POST(new Request('http://shop.test/hooks', { method: 'POST', headers: request.headers, body })).catch(() => null);
  response.writeHead(answer?.status ?? 500).end(await answer?.text());
}).listen(0);`;

let folder: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-receiving-'));
  const files = { 'fulfil.js': FULFIL, 'tell-port.js': TELL_PORT, 'serve-next.js': SERVE_ROUTE, 'orders.js': recipe('inbox') };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  for (const [name, target] of Object.entries({
    '@tollgate/sdk': 'packages/sdk',
    express: 'node_modules/express',
    fastify: 'node_modules/fastify',
  })) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, target), link);
  }
});
afterAll(async () => {
  for (const child of started) child.kill();
  await rm(folder, { recursive: true, force: true });
});

function recipe(name: string): string {
  const found = readBlocks(PAGE).find(({ language, wish }) => language === 'js' && wish === `recipe=${name}`);
  if (found === undefined) throw new Error(`The page has no recipe ${name}.`);
  return found.text;
}

interface Receiver {
  send(message: Message): Promise<{ status: number; text: string }>;
  /** What `fulfil` has seen. */
  readonly handled: readonly string[];
}

/** Runs a program of the page as it stands there. */
async function run(name: string, text: string, entry = `${name}.js`): Promise<Receiver> {
  await writeFile(join(folder, `${name}.js`), text);
  const env = {
    ...process.env,
    PORT: '0',
    TOLLGATE_URL: 'http://127.0.0.1:9',
    TOLLGATE_SECRET_KEY: 'sk_test_x',
    TOLLGATE_WEBHOOK_SECRET: SECRET,
  };
  const child = spawn(process.execPath, ['--import', './tell-port.js', entry], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const lines: string[] = [];
  const errors: string[] = [];
  child.stderr.on('data', (chunk) => errors.push(`${chunk}`));
  const output = createInterface(child.stdout).on('line', (line) => lines.push(line));
  await Promise.race([once(output, 'line'), once(child, 'exit')]);
  const [, port] = /^port (\d+)$/.exec(lines[0] ?? '') ?? [];
  if (port === undefined) throw new Error(`${name} does not listen: ${errors.join('')}`);
  return {
    async send({ body, headers }) {
      const response = await fetch(`http://localhost:${port}/hooks`, { method: 'POST', headers, body });
      return { status: response.status, text: await response.text() };
    },
    get handled() {
      return lines.slice(1).flatMap((line) => (line.startsWith('handled ') ? [line.slice('handled '.length)] : []));
    },
  };
}

/** A first event of a session of its own. */
function newMessage(type: string, secret = SECRET): Message {
  const { session } = JSON.parse(bodyOf(type)).data;
  return signed(bodyOf(type, { session: { ...session, id: randomUUID() } }), [secret], new Date());
}

describe.each([
  ['express', 'express.js'],
  ['fastify', 'fastify.js'],
  ['next', 'serve-next.js'],
  ['node', 'node.js'],
])('the recipe for %s', (name, entry) => {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await run(name, recipe(name), entry);
  });

  test('handles what the gateway signed, once', async () => {
    const [first, second] = [newMessage('session.completed'), newMessage('transaction.succeeded')];
    for (const message of [first, first, second]) expect(await receiver.send(message)).toEqual({ status: 204, text: '' });
    expect(receiver.handled).toEqual([first, second].map(({ headers }) => headers['webhook-id']));
  });

  test('refuses what another key signed, and says why', async () => {
    const { status, text } = await receiver.send(newMessage('session.completed', newSecret()));
    expect([status, text]).toEqual([400, expect.stringContaining('does not fit the signature')]);
  });

  test('sees the bytes as they came', async () => {
    const { headers, body } = newMessage('session.completed');
    const { status, text } = await receiver.send({ headers, body: JSON.stringify(JSON.parse(body), null, 1) });
    expect([status, text]).toEqual([400, expect.stringContaining('parsed and written again')]);
  });

  test('asks for another attempt when the shop fails', async () => {
    expect((await receiver.send(newMessage('session.error'))).status).toBe(500);
  });
});

test('the parser for JSON before the recipe for Express is found and told', async () => {
  const text = recipe('express').replace('const app = express();', 'const app = express();\napp.use(express.json());');
  const receiver = await run('too-early', text);
  const answer = await receiver.send(newMessage('session.completed'));
  expect(answer).toEqual({ status: 400, text: expect.stringContaining('it was parsed before') });
});

test('every program of the page runs here', () => {
  const wishes = readBlocks(PAGE).flatMap(({ language, wish }) => (language === 'js' ? [wish] : []));
  expect(wishes).toEqual(['recipe=express', 'recipe=fastify', 'recipe=next', 'recipe=node', 'recipe=inbox']);
});

test('the table of refusals names every code, in the order of the code', () => {
  const codes = [...drawnPart(PAGE.text, 'refusals').matchAll(/^\| ([A-Z_]+) \|/gm)].map(([, code]) => code);
  expect(codes).toEqual([...WEBHOOK_ERROR_CODES]);
});

test('the message on the page has the fields that the types name', () => {
  const shown: WebhookEvent = JSON.parse(readBlocks(PAGE).find(({ language }) => language === 'json')?.text ?? '');
  const sent: WebhookEvent = JSON.parse(bodyOf('session.completed'));
  expect(Object.keys(shown)).toEqual(Object.keys(sent));
  expect(Object.keys(shown.data)).toEqual(Object.keys(sent.data));
  expect(Object.keys(shown.data.session ?? {})).toEqual(Object.keys(sent.data.session ?? {}));
});
