import { createServer, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { checkEndpointUrl, createGuardedLookup, findUrlProblems } from '../../src/merchant-webhooks/addresses.ts';
import { isOpenAddress, isPrivateNetwork, listOf, toNetwork } from '../../src/merchant-webhooks/networks.ts';
import { createPoster, type PostOutcome } from '../../src/merchant-webhooks/post.ts';
import { type AddressRules, type AddressSettings, readAddressRules } from '../../src/merchant-webhooks/rules.ts';
import { ID, listen, portOf } from './receivers.ts';

const PUBLIC = '93.184.216.34';

/** On a server, without any opening: what a production gateway has. */
const SERVER: AddressSettings = {
  publicUrl: 'https://pay.gateway.example',
  consoleOrigin: 'https://console.gateway.example:8443',
  simulatorUrl: null,
  port: 4000,
  databaseUrl: 'postgres://db/tollgate',
  webhookAllow: [],
  webhookProxyUrl: null,
};
/** On the embedded database, for trial. */
const TRIAL: AddressSettings = { ...SERVER, publicUrl: 'http://127.0.0.1:4000', consoleOrigin: null, databaseUrl: null };

const networks = (...texts: readonly string[]) => texts.map(toNetwork).filter((network) => network !== null);
const rulesOf = (settings: AddressSettings, addresses: readonly string[] = [PUBLIC]) =>
  readAddressRules(settings, async () => addresses);
const messagesOf = (text: string, rules: AddressRules) => findUrlProblems(text, rules).map(({ message }) => message);

async function isAccepted(url: string, rules: AddressRules): Promise<boolean> {
  return (await checkEndpointUrl(url, rules)).ok;
}

/** An address as it stands in a URL. */
const inUrl = (address: string) => (address.includes(':') ? `[${address}]` : address);

async function post(url: string, rules: ReturnType<typeof readAddressRules>): Promise<PostOutcome> {
  const limits = { connectMs: 500, totalMs: 1_000, bodyMs: 500, idleMs: 500 };
  const poster = createPoster({ rules, proxyUrl: null, clock: systemClock, version: '1', limits });
  try {
    return await poster.post({ endpointId: ID, environment: 'TEST', url, headers: {}, body: '{}' });
  } finally {
    poster.close();
  }
}

/** Each is inside of a range that is not of the public internet; both ends of the larger ones. */
const FORBIDDEN: readonly string[] = [
  '0.0.0.0',
  '0.0.0.1',
  '0.255.255.255',
  '10.0.0.0',
  '10.255.255.255',
  '100.64.0.0',
  '100.127.255.255',
  '100.100.100.200',
  '127.0.0.1',
  '127.0.0.53',
  '127.255.255.255',
  '168.63.129.16',
  '169.254.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.0',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.0',
  '192.168.255.255',
  '198.18.0.0',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.9',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  // Compatible, mapped and translated spellings of inner and of public addresses.
  '::7f00:1',
  '::a9fe:a9fe',
  '::ffff:10.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '::ffff:7f00:1',
  '::ffff:93.184.216.34',
  '::ffff:0:127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '64:ff9b:1:ffff:ffff:ffff:ffff:ffff',
  // 6to4 and Teredo, which hold an IPv4 address.
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2002:c0a8:1::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:2::1',
  '2001:10::1',
  '2001:20::1',
  '2001:db8::1',
  '3fff::1',
  '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff',
  '100::1',
  '5f00::1',
  '4000::1',
  'fc00::1',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  'fe80::1',
  'febf::1',
  'fec0::1',
  'ff02::1',
  'ff0e::1',
];

const OPEN: readonly string[] = [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2001:200::1',
  '2001:db7::1',
  '2003::1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
];

test('there are 60 forbidden addresses and more', () => {
  expect(new Set(FORBIDDEN).size).toBeGreaterThanOrEqual(60);
});

describe.each(FORBIDDEN)('the forbidden address %s', (address) => {
  const rules = rulesOf(SERVER, [address]);
  const mixed = rulesOf(SERVER, [PUBLIC, address]);

  test('is refused in a URL that is registered', async () => {
    for (const scheme of ['http', 'https']) {
      expect(await checkEndpointUrl(`${scheme}://${inUrl(address)}/hooks`, rules.TEST)).toEqual({
        ok: false,
        refusal: [{ path: ['url'], message: expect.stringContaining('not of the public internet') }],
      });
    }
    expect(await isAccepted(`https://${inUrl(address)}/hooks`, rules.LIVE)).toBe(false);
  });

  test('is refused behind a name that is registered, also among good addresses', async () => {
    for (const { TEST, LIVE } of [rules, mixed]) {
      expect(await isAccepted('https://shop.example/hooks', TEST)).toBe(false);
      expect(await isAccepted('https://shop.example/hooks', LIVE)).toBe(false);
    }
  });

  test('is refused in a URL at the connection', async () => {
    expect(await post(`http://${inUrl(address)}:8080/hooks`, rules)).toMatchObject({ kind: 'failed', reason: 'refused_address' });
  });

  test('is refused at the connection behind a name that led to a good address at the registration', async () => {
    for (const bad of [[address], [PUBLIC, address], [address, PUBLIC]]) {
      const answers = [[PUBLIC], bad];
      const rebound = readAddressRules(SERVER, async () => answers.shift() ?? []);
      expect(await isAccepted('http://shop.example:8080/hooks', rebound.TEST)).toBe(true);
      expect(await post('http://shop.example:8080/hooks', rebound)).toMatchObject({ kind: 'failed', reason: 'refused_address' });
      expect(answers).toEqual([]);
    }
  });
});

test.each(OPEN)('the public address %s is taken', async (address) => {
  expect(await isAccepted(`https://${inUrl(address)}/hooks`, rulesOf(SERVER).LIVE)).toBe(true);
  expect(await isAccepted('https://shop.example/hooks', rulesOf(SERVER, [address, PUBLIC]).LIVE)).toBe(true);
});

test.each(['', 'localhost', '1.2.3', '1.2.3.4.5', '::g', 'fe80::1%eth0', '2606:4700::1%lo', '1.1.1.1 '])(
  'the text %j is no open address',
  (text) => {
    expect(isOpenAddress(text, listOf([]))).toBe(false);
  },
);

describe('other spellings of inner addresses', () => {
  test.each([
    'http://2130706433/',
    'http://0x7f000001/',
    'http://017700000001/',
    'http://0x7f.1/',
    'http://127.1/',
    'http://0177.0.0.1/',
    'http://127.0.0.1./',
    'http://１２７.0.0.1/',
    'http://127。0。0。1/',
    'http://0/',
    'http://3232235777/',
    'http://0xa9fea9fe/',
    'http://169.254.43518/',
    'http://[::ffff:127.0.0.1]/',
    'http://[0:0:0:0:0:ffff:7f00:1]/',
    'http://[0000:0000:0000:0000:0000:0000:0000:0001]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://%31%32%37.0.0.1/',
    'HTTP://127.0.0.1/',
  ])('%s is refused at both ends', async (url) => {
    const rules = rulesOf(SERVER);
    expect(messagesOf(url, rules.TEST)).toEqual([expect.stringContaining('not of the public internet')]);
    expect(await post(url, rules)).toMatchObject({ reason: 'refused_address' });
  });
});

/** Of a URL: what its problem says. A problem names its remedy. */
const REFUSED_URLS: readonly (readonly [url: string, problem: RegExp])[] = [
  ['', /must be a web address such as https/],
  ['shop.example/hooks', /must be a web address/],
  ['//shop.example/hooks', /must be a web address/],
  ['https:shop.example', /must be a web address/],
  ['https:///shop.example', /must be a web address/],
  ['ftp://shop.example/', /must be a web address/],
  ['file:///etc/passwd', /must be a web address/],
  ['javascript:alert(1)', /must be a web address/],
  ['unix:/var/run/docker.sock', /must be a web address/],
  ['https://', /must be a web address/],
  ['https://shop.example:99999/', /must be a web address/],
  ['https://[::1', /must be a web address/],
  ['https://1.2.3.4.5/', /must be a web address/],
  ['https://a%00b.example/', /must be a web address/],
  [`https://shop.example/${'a'.repeat(2_048)}`, /at most 2048 characters/],
  ['https://shop.example/a b', /no spaces/],
  [' https://shop.example/', /no spaces/],
  ['https://shop.example/\n', /no spaces/],
  ['https://evil.example\\@shop.example/', /no spaces, line breaks or backslashes/],
  ['https://shop.exa\tmple/', /no spaces/],
  ['https://user@shop.example/', /no user name and password/],
  ['https://user:secret@shop.example/', /no user name and password/],
  ['https://:secret@shop.example/', /no user name and password/],
  ['https://shop.example/#part', /no part after #/],
  ['https://shop.example/#', /no part after #/],
  ['https://shop.example./', /without a full stop at its end/],
  [`https://${'a.'.repeat(126)}example/`, /at most 253 characters/],
  [`https://${'a'.repeat(64)}.example/`, /letters, digits, hyphens/],
  ['https://a..example/', /letters, digits, hyphens/],
  ['https://-a.example/', /letters, digits, hyphens/],
  ["https://a$b'c.example/", /letters, digits, hyphens/],
  ['https://localhost/', /means the machine of the gateway/],
  ['https://LOCALHOST/', /means the machine of the gateway/],
  ['https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/', /means the machine of the gateway/],
  ['https://localhost./', /full stop at its end/],
  ['https://shop.localhost/', /means the machine of the gateway/],
  ['https://localhost.localdomain/', /means the machine of the gateway/],
  ['https://printer.local/', /belongs to a private network/],
  ['https://local/', /belongs to a private network/],
  ['https://db.corp.internal/', /belongs to a private network/],
  ['https://nas.lan/', /belongs to a private network/],
  ['https://nas.home.arpa/', /belongs to a private network/],
  ['https://metadata.google.internal/', /not of the public internet/],
  ['https://metadata/', /not of the public internet/],
  ['https://pay.gateway.example/webhooks/x', /an address of this gateway/],
  ['https://PAY.gateway.example:443/', /an address of this gateway/],
  ['https://console.gateway.example:8443/', /an address of this gateway/],
];

const REFUSED_PORTS = [
  1, 21, 22, 25, 79, 81, 110, 442, 444, 636, 873, 1_023, 2_049, 2_375, 3_306, 5_432, 6_379, 6_443, 9_042, 9_092,
];
const MORE_REFUSED_PORTS = [9_200, 9_300, 10_250, 11_211, 15_672, 26_379, 27_017, 27_019];

describe('a URL', () => {
  test.each(REFUSED_URLS)('%j is refused at registration and at the connection', async (url, problem) => {
    const rules = rulesOf(SERVER);
    expect(messagesOf(url, rules.TEST)).toEqual([expect.stringMatching(problem)]);
    expect(await checkEndpointUrl(url, rules.TEST)).toEqual({
      ok: false,
      refusal: [{ path: ['url'], message: expect.any(String) }],
    });
    expect(await post(url, rules)).toMatchObject({ kind: 'failed', reason: 'refused_url' });
  });

  test.each([...REFUSED_PORTS, ...MORE_REFUSED_PORTS])('with port %i is refused', async (port) => {
    const rules = rulesOf(SERVER);
    expect(messagesOf(`https://shop.example:${port}/`, rules.TEST)).toEqual([expect.stringContaining(`port ${port}`)]);
    expect(await post(`http://shop.example:${port}/`, rules)).toMatchObject({ reason: 'refused_url' });
  });

  test.each([
    'https://shop.example',
    'https://shop.example:8443/',
    'https://shop.example:8080/a?b=c',
    'https://shop.example:3000/',
  ])('%s is taken in both environments', async (url) => {
    for (const rules of [rulesOf(SERVER).TEST, rulesOf(SERVER).LIVE]) expect(await isAccepted(url, rules)).toBe(true);
  });

  test('with http is taken in TEST only, also on port 80', async () => {
    const { TEST, LIVE } = rulesOf(SERVER);
    for (const url of ['http://shop.example/', 'http://shop.example:8080/']) {
      expect(await isAccepted(url, TEST)).toBe(true);
      expect(messagesOf(url, LIVE)).toEqual([expect.stringContaining('must begin with https')]);
    }
    expect(await isAccepted('https://shop.example:80/', TEST)).toBe(false);
  });

  test('is returned in its normal form', async () => {
    expect(await checkEndpointUrl('HTTPS://Bücher.Example:443/a/../b?c=ü', rulesOf(SERVER).LIVE)).toEqual({
      ok: true,
      value: 'https://xn--bcher-kva.example/b?c=%C3%BC',
    });
  });

  test('has all of its problems named at once', () => {
    expect(messagesOf('http://user@shop.example.:22/', rulesOf(SERVER).LIVE)).toHaveLength(4);
  });

  test('whose name has no address yet is taken, and is not connected to', async () => {
    const rules = rulesOf(SERVER, []);
    expect(await isAccepted('https://shop.example/', rules.TEST)).toBe(true);
    expect(await post('https://shop.example/', rules)).toMatchObject({ kind: 'failed', reason: 'dns' });
  });

  test('behind a proxy is not resolved, but an address in it is judged', async () => {
    const asked: string[] = [];
    const rules = readAddressRules({ ...SERVER, webhookProxyUrl: 'http://proxy.example:3128' }, async (name) => {
      asked.push(name);
      return ['10.0.0.1'];
    });
    expect(await isAccepted('https://shop.example/', rules.LIVE)).toBe(true);
    expect(await isAccepted('https://10.0.0.1/', rules.LIVE)).toBe(false);
    expect(asked).toEqual([]);
  });
});

describe('an operator who allows a private network', () => {
  const allowed = { ...SERVER, webhookAllow: networks('10.1.0.0/16', 'fd12:3456::/48') };

  test.each(['10.1.0.0', '10.1.255.255', 'fd12:3456::1'])('opens %s, by address and by name', async (address) => {
    expect(await isAccepted(`https://${inUrl(address)}/`, rulesOf(allowed).LIVE)).toBe(true);
    for (const name of ['shop.example', 'hooks.corp.internal', 'shop.default.svc.cluster.local']) {
      expect(await isAccepted(`https://${name}/`, rulesOf(allowed, [address]).LIVE)).toBe(true);
    }
  });

  test.each(['10.0.255.255', '10.2.0.0', '192.168.0.1', '127.0.0.1', '::ffff:10.1.0.1', 'fd12:3457::1', '169.254.169.254'])(
    'opens no other address, such as %s',
    async (address) => {
      expect(await isAccepted(`https://${inUrl(address)}/`, rulesOf(allowed).TEST)).toBe(false);
      expect(await isAccepted('https://hooks.corp.internal/', rulesOf(allowed, [address]).TEST)).toBe(false);
    },
  );

  test.each([
    ['100.64.0.0/10', '100.100.100.200'],
    ['fc00::/7', 'fd00:ec2::254'],
    ['fc00::/7', 'fd20:ce::254'],
  ])('opens by %s not the server of credentials at %s', async (network, address) => {
    const rules = rulesOf({ ...SERVER, webhookAllow: networks(network) });
    expect(await isAccepted(`https://${inUrl(address)}/`, rules.TEST)).toBe(false);
  });

  test.each([
    ['10.0.0.0/8', true],
    ['10.1.2.3', true],
    ['172.31.0.0/16', true],
    ['fd00::/8', true],
    ['10.0.0.0/7', false],
    ['172.16.0.0/11', false],
    ['0.0.0.0/0', false],
    ['::/0', false],
    ['127.0.0.0/8', false],
    ['169.254.0.0/16', false],
    ['8.8.8.0/24', false],
    ['::ffff:10.0.0.0/104', false],
  ])('may name %s: %s', (text, isPrivate) => {
    expect(networks(text).map(isPrivateNetwork)).toEqual([isPrivate]);
  });
});

describe('this machine', () => {
  let receiver: Server;
  let hits = 0;
  beforeAll(async () => {
    receiver = await listen(createServer((_request, response) => void response.end(`hit ${++hits}`)));
  });
  afterAll(() => receiver.close());
  const urlAt = (host: string) => `http://${host}:${portOf(receiver)}/hooks`;

  test.each(['127.0.0.1', 'localhost'])('is reached at %s in TEST on the embedded database', async (host) => {
    const rules = rulesOf(TRIAL);
    expect(await isAccepted(urlAt(host), rules.TEST)).toBe(true);
    expect(await post(urlAt(host), rules)).toMatchObject({ kind: 'response', status: 200 });
    expect(await isAccepted('http://[::1]:3000/', rules.TEST)).toBe(true);
  });

  test.each([
    ['on a server', rulesOf(SERVER, ['127.0.0.1'])],
    ['by an allow-list', rulesOf({ ...SERVER, webhookAllow: networks('10.0.0.0/8') }, ['127.0.0.1'])],
  ])('is not reached %s, by any name', async (_where, rules) => {
    const before = hits;
    for (const host of ['127.0.0.1', 'localhost', 'shop.example', '[::ffff:127.0.0.1]', '2130706433']) {
      expect(await isAccepted(urlAt(host), rules.TEST)).toBe(false);
      expect(await post(urlAt(host), rules)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('refused') });
    }
    expect(hits).toBe(before);
  });

  test('is not reached in LIVE, also on the embedded database', async () => {
    const { LIVE } = rulesOf(TRIAL, ['127.0.0.1']);
    for (const host of ['127.0.0.1', 'localhost', '[::1]', 'shop.example']) {
      expect(await isAccepted(`https://${host}:8443/`, LIVE)).toBe(false);
    }
  });

  test.each(['127.0.0.2', '127.0.0.53', '0.0.0.0', '::'])(
    'has other addresses, such as %s, that stay closed',
    async (address) => {
      expect(await isAccepted(`http://${inUrl(address)}:3000/`, rulesOf(TRIAL).TEST)).toBe(false);
    },
  );

  test('is not reached where the gateway itself listens, by no address and no name', async () => {
    const own = { ...TRIAL, port: portOf(receiver), publicUrl: urlAt('127.0.0.1').replace('/hooks', '') };
    const before = hits;
    for (const host of ['127.0.0.1', 'localhost', '[::1]', 'shop.example']) {
      const rules = rulesOf(own, ['127.0.0.1']);
      expect(await isAccepted(urlAt(host), rules.TEST)).toBe(false);
      expect(await post(urlAt(host), rules)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('refused') });
    }
    expect(hits).toBe(before);
  });

  test('is not reached where its simulator listens', async () => {
    const { TEST } = rulesOf({ ...TRIAL, simulatorUrl: 'http://127.0.0.1:4001' });
    expect(await isAccepted('http://localhost:4001/', TEST)).toBe(false);
    expect(await isAccepted('http://localhost:4002/', TEST)).toBe(true);
  });

  test('is known by the addresses of its own networks', async () => {
    const own = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal);
    // A machine without a network has loopback only, which the tests above are about.
    const address = own?.address ?? '10.1.2.3';
    const rules = rulesOf({ ...SERVER, webhookAllow: networks(`${address}/32`), port: 4000 }, [address]);
    expect(await isAccepted(`http://${address}:4001/`, rules.TEST)).toBe(true);
    expect(await isAccepted(`http://${address}:4000/`, rules.TEST)).toBe(own === undefined);
    expect(await isAccepted('http://shop.example:4000/', rules.TEST)).toBe(own === undefined);
  });
});

describe('the lookup of a socket', () => {
  const ask = (addresses: readonly string[], all: boolean) =>
    new Promise((resolve) => {
      const lookup = createGuardedLookup(443, rulesOf(SERVER, addresses).LIVE);
      lookup('shop.example', { all }, (error, found, family) =>
        resolve({ reason: (error as { reason?: string } | null)?.reason, found, family }),
      );
    });

  test('gets all addresses, IPv4 first, or one', async () => {
    const addresses = ['2606:4700::1', PUBLIC, '2606:4700::2'];
    expect(await ask(addresses, true)).toEqual({
      found: [
        { address: PUBLIC, family: 4 },
        { address: '2606:4700::1', family: 6 },
        { address: '2606:4700::2', family: 6 },
      ],
    });
    expect(await ask(addresses, false)).toEqual({ found: PUBLIC, family: 4 });
  });

  test('judges every address, and gets six at most', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `93.184.216.${index}`);
    expect(await ask(many, true)).toMatchObject({ found: { length: 6 } });
    expect(await ask([...many, '10.0.0.1'], true)).toMatchObject({ reason: 'refused_address', found: [] });
  });

  test.each([
    ['has addresses', async () => [PUBLIC]],
    ['has none', async () => []],
    ['cannot be resolved', () => Promise.reject(new Error('down'))],
  ])('is told once that it failed with a name that %s, and the process goes on', async (_what, resolve) => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const broken = new Error('The socket is in no state for this.');
    const told: unknown[] = [];
    createGuardedLookup(443, readAddressRules(SERVER, resolve).LIVE)('shop.example', { all: true }, (error) => {
      told.push(error);
      throw broken;
    });
    await expect.poll(() => told.length).toBe(2);
    // Node.js reports a rejection behind the promises of the same turn.
    await new Promise((done) => setImmediate(done));
    process.off('unhandledRejection', note);
    expect(told[1]).toBe(broken);
    expect(unhandled).toEqual([]);
  });

  test('gets no address of a resolver that fails', async () => {
    const rules = readAddressRules(SERVER, () => Promise.reject(new Error('down')));
    expect(await post('http://shop.example/', rules)).toMatchObject({ reason: 'dns' });
  });
});
