import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listen, tailEvents } from '../../src/cli/listen.ts';
import { startChild } from '../support/child.ts';
import { openDatabaseProxy } from '../support/database-proxy.ts';
import { CARDS, type Data, paid, start, type TestMerchant } from '../support/gateway.ts';
import { openReceiver, type Receiver } from '../support/receiver.ts';
import { payOver, type ServedGateway, serveGateway } from '../support/served.ts';
import { openTerminal, type TestTerminal } from './terminal.ts';

const CREATE = 'mutation Create($data: CreateWebhookEndpointInput!) { createWebhookEndpoint(data: $data) { endpoint { id } } }';
const EVENTS = '{ events(first: 100) { edges { cursor node { id type } } } }';
const WAIT = { timeout: 20_000 };

let gateway: ServedGateway;
let terminal: TestTerminal;
let receiver: Receiver;
beforeAll(async () => {
  gateway = await serveGateway();
  terminal = await openTerminal(gateway);
  receiver = await openReceiver();
});
afterAll(async () => {
  await receiver.close();
  await terminal.close();
  await gateway.close();
});

async function logOf(merchant: TestMerchant): Promise<readonly Data[]> {
  return (await merchant.data(EVENTS)).events.edges;
}

/** A tool that runs in this process until it is stopped. */
function begin(merchant: TestMerchant, run: (on: Parameters<typeof tailEvents>[0], signal: AbortSignal) => Promise<void>) {
  const stopping = new AbortController();
  const printed = { text: '', errors: '' };
  const ended = run(
    {
      environment: { TOLLGATE_DATA_DIR: terminal.folder, TOLLGATE_SECRET_KEY: merchant.secretKey },
      print: (text) => void (printed.text += text),
      complain: (text) => void (printed.errors += text),
    },
    stopping.signal,
  );
  return {
    printed,
    lines: () => printed.text.split('\n').slice(0, -1),
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

describe('tollgate listen', () => {
  it('sends what the gateway sends, signed, goes on behind a cut without a gap, and ends by SIGINT', {
    timeout: 120_000,
  }, async () => {
    const [merchant, real] = [await gateway.newMerchant(), await openReceiver()];
    const proxy = await openDatabaseProxy(gateway.url);
    const { origin } = new URL(proxy.url);
    await paid(gateway, merchant);
    const after = (await logOf(merchant)).at(-1)?.cursor;
    await merchant.data(CREATE, { data: { url: real.url } });
    await paid(gateway, merchant);
    const { token } = await start(merchant, 'PAYMENT', { attemptsMax: 1 });
    await payOver(gateway.url, token, CARDS.decline);
    await vi.waitFor(async () => {
      await gateway.pass(1_500);
      expect((await logOf(merchant)).at(-1)?.node.type).toBe('session.declined');
    }, WAIT);
    await gateway.pass(0);

    const args = ['listen', '--forward-to', receiver.url, '--url', proxy.url, '--after', after];
    const environment = { TOLLGATE_DATA_DIR: terminal.folder, TOLLGATE_SECRET_KEY: merchant.secretKey };
    const child = startChild(new URL('../../src/cli.ts', import.meta.url), args, environment);
    expect(await child.nextLine()).toBe(`Events of TEST at ${origin} go to ${receiver.url}. Ctrl-C ends this.`);
    const secret = (await child.nextLine())?.replace('Secret: ', '') ?? '';
    const sent = new Map(real.received.map((message) => [message.id, message]));
    expect(sent.size).toBeGreaterThan(5);
    for (const _ of sent) expect(await child.nextLine()).toMatch(/ (session|transaction)\.\w+ .* 200 in \d+ ms$/);
    for (const { id, body, headers } of receiver.received) {
      expect(body).toBe(sent.get(id)?.body);
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': sent.get(id)?.headers['user-agent'] });
      new Webhook(secret).verify(body, headers as Record<string, string>);
    }

    proxy.cut();
    await paid(gateway, merchant);
    const log = (await logOf(merchant)).slice((await logOf(merchant)).findIndex(({ cursor }) => cursor === after) + 1);
    for (let line = sent.size; line < log.length; line += 1) await child.nextLine();
    expect(receiver.received.map(({ id }) => id)).toEqual(log.map(({ node }) => node.id));

    child.process.kill('SIGINT');
    expect(await child.exitCode()).toBe(0);
    expect(child.errors()).toContain('Trying again.');
    expect(child.errors()).toContain(`To go on from here: --after ${log.at(-1)?.cursor}`);
    await proxy.close();
    await real.close();
  });

  it('shows what a receiver answers, and goes on where it fails', async () => {
    const [merchant, failing] = [await gateway.newMerchant(), await openReceiver()];
    failing.respond((_message, response) => void response.writeHead(500).end('out of\u001b[2J\nstock'));
    await paid(gateway, merchant);
    const [first] = await logOf(merchant);
    const options = { url: gateway.url, forwardTo: failing.url, after: first?.cursor };
    const { printed, lines, stop } = begin(merchant, (on, signal) => listen(on, options, signal));
    const { length } = await logOf(merchant);
    await vi.waitFor(() => expect(lines()).toHaveLength(length + 1), WAIT);
    await stop();
    expect(lines().at(-1)).toMatch(/ 500 in \d+ ms: out of \[2J stock$/);
    await failing.close();

    const silent = begin(merchant, (on, signal) => listen(on, { ...options, json: true }, signal));
    await vi.waitFor(() => expect(silent.lines()).toHaveLength(length), WAIT);
    await silent.stop();
    const [head, ...events] = silent.lines().map((line) => JSON.parse(line));
    expect(printed.text).toContain(head.secret);
    expect(events.at(-1)).toMatchObject({ status: null, problem: expect.stringContaining('did not accept the connection') });
  });

  it.each([
    'https://127.0.0.1:3000/hooks',
    'http://shop.example/hooks',
    'http://10.0.0.1/hooks',
    'http://[::ffff:127.0.0.1]:3000/hooks',
    'http://127.0.0.1.shop.example:3000/hooks',
    'http://127.0.0.1@shop.example:3000/hooks',
    '127.0.0.1:3000',
  ])('forwards to this machine only, and not to %s', async (target) => {
    const { secretKey } = await gateway.newMerchant();
    const ran = await terminal.run(['listen', '--forward-to', target, '--url', gateway.url], { TOLLGATE_SECRET_KEY: secretKey });
    expect(ran).toMatchObject({ exitCode: 1, errors: expect.stringContaining('--forward-to must lead to this machine') });
  });
});

describe('tollgate events tail', () => {
  it('prints what happens from its start on, and where to go on', async () => {
    const merchant = await gateway.newMerchant();
    await paid(gateway, merchant);
    const before = await logOf(merchant);
    const { printed, lines, stop } = begin(merchant, (on, signal) => tailEvents(on, { url: gateway.url }, signal));
    await vi.waitFor(async () => {
      const metrics = await fetch(`${gateway.url}/metrics`);
      expect(await metrics.text()).toMatch(/^tollgate_http_streams_open 1$/m);
    }, WAIT);
    const { session } = await paid(gateway, merchant);
    const events = (await logOf(merchant)).slice(before.length);
    await vi.waitFor(() => expect(lines()).toHaveLength(events.length + 1), WAIT);
    await stop();
    expect(lines()[0]).toBe(`Events of TEST at ${gateway.url}. Ctrl-C ends this.`);
    expect(lines()[1]).toMatch(new RegExp(`^\\S+  session\\.created  ${session.id} #1$`));
    expect(printed.errors).toBe(`To go on from here: --after ${events.at(-1)?.cursor}\n`);
  });

  it('takes the key of a file, and refuses to guess one', async () => {
    const { secretKey, publishableKey } = await gateway.newMerchant();
    const file = join(terminal.folder, 'key.txt');
    const tail = (...args: readonly string[]) => terminal.run(['events', 'tail', '--url', gateway.url, ...args]);
    await writeFile(file, `${secretKey}\n`);
    expect(await tail('--key-file', file, '--after', 'nonsense')).toMatchObject({
      exitCode: 1,
      errors: expect.stringMatching(/^after: This is not a cursor of the event log\. \(BAD_USER_INPUT\)$/m),
    });
    await writeFile(file, publishableKey);
    expect(await tail('--key-file', file)).toMatchObject({ exitCode: 1, errors: expect.stringContaining('is no secret key') });
    await writeFile(file, 'sk_test_nobody');
    expect(await tail('--key-file', file)).toMatchObject({ exitCode: 1, errors: expect.stringContaining('(UNAUTHENTICATED)') });
    expect(await tail('--key-file', join(terminal.folder, 'nothing'))).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining('cannot be read'),
    });
    expect(await tail()).toMatchObject({ exitCode: 1, errors: expect.stringContaining('Set TOLLGATE_SECRET_KEY') });
  });
});
