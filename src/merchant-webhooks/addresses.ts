import type { LookupAddress } from 'node:dns';
import { isIP, isIPv4, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Issue } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import { isUrl } from '../kernel/url.ts';
import { isOpenAddress } from './networks.ts';
import { type AddressRules, hostAndPortOf, hostOf, portOf } from './rules.ts';

/**
 * The guard against requests into our own network. A URL is judged when an endpoint is saved and again before each request, and every
 * address is judged when a connection is opened, which goes to the judged addresses and asks for no name a second time.
 */

const URL_LENGTH_MAX = 2_048;
const HOST_LENGTH_MAX = 253;
/** More than anybody needs; a name with a thousand addresses must not keep a connection busy. */
const ADDRESSES_MAX = 6;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
/** Names that mean this machine or a network of its own. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|localdomain)$/;
const PRIVATE_NAME = /(?:^|\.)(?:local|internal|lan|home\.arpa)$/;
/** The metadata server of a cloud, which no allow-list opens. */
const METADATA_NAME = /^metadata(?:\.google\.internal)?$/;
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

/**
 * Ports at or above 1024 on which services listen that take harm from a stranger's POST: file shares, databases, queues, caches,
 * directories and consoles of containers. By the names of IANA and the defaults of the products, 2026-11-27.
 */
const SERVICE_PORTS: ReadonlySet<number> = new Set([
  1080, 1433, 1434, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3260, 3306, 3389, 3659, 4045, 4190, 4222,
  4369, 5060, 5061, 5432, 5433, 5671, 5672, 5900, 5984, 5985, 5986, 6000, 6379, 6380, 6432, 6443, 6566, 6665, 6666, 6667, 6668,
  6669, 6697, 7000, 7001, 7199, 7474, 7687, 8086, 8125, 8200, 8300, 8301, 8302, 8500, 8600, 9042, 9092, 9160, 9200, 9300, 10_250,
  10_255, 11_211, 15_672, 25_672, 26_257, 26_379, 27_017, 27_018, 27_019, 28_015, 33_060, 50_000, 61_616,
]);

/**
 * Judges the URL of an endpoint that is to be saved. Returns it in its normal form, as it is stored and shown, or every problem with
 * its remedy. Resolves a name, within 4 seconds. A name without addresses is no problem: it may be set up later, and the connection
 * is judged by itself.
 */
export async function checkEndpointUrl(url: string, rules: AddressRules): Promise<Result<string, readonly Issue[]>> {
  const problems = findUrlProblems(url, rules);
  if (problems.length > 0) return refused(problems);
  const target = new URL(url);
  const host = hostOf(target);
  if (isIP(host) === 0 && !isLocalName(host) && !rules.isProxied) {
    const addresses = await rules.resolve(host);
    if (!addresses.every((address) => mayConnect(address, portOf(target), rules))) return refused([issue(RESOLVES_INWARD)]);
  }
  return ok(target.href);
}

const RESOLVES_INWARD =
  'leads to an address that is not of the public internet, such as one of a private network or of this machine. ' +
  'Give the host a public address, or have the operator of the gateway allow its network in TOLLGATE_WEBHOOK_ALLOW.';

/** What is wrong with the URL itself, each with its remedy; also an address in it. Empty when nothing is. Touches no network. */
export function findUrlProblems(text: string, rules: AddressRules): readonly Issue[] {
  if (text.length > URL_LENGTH_MAX) return [issue(`must have at most ${URL_LENGTH_MAX} characters.`)];
  // A parser would drop or change these, so that another URL than the written one would be called.
  if (/[\s\\\p{Cc}]/u.test(text))
    return [issue('must have no spaces, line breaks or backslashes: write them as %20 or leave them out.')];
  if (!/^https?:\/\/[^/]/i.test(text) || !isUrl(text)) {
    return [issue(`must be a web address such as https://shop.example/hooks${rules.allowsHttp ? '' : ', with https'}.`)];
  }
  const url = new URL(text);
  const found = [schemeProblem(url, rules), partsProblem(text, url), hostProblem(url, rules), portProblem(url)];
  return found.filter((message) => message !== null).map(issue);
}

function issue(message: string): Issue {
  return { path: ['url'], message };
}

function schemeProblem({ protocol }: URL, { allowsHttp }: AddressRules): string | null {
  return protocol === 'http:' && !allowsHttp
    ? 'must begin with https: in LIVE, so that nobody on the way reads or changes a message.'
    : null;
}

function partsProblem(text: string, { username, password }: URL): string | null {
  if (username !== '' || password !== '') {
    return 'must hold no user name and password: webhooks are signed, so verify the signature instead.';
  }
  return text.includes('#') ? 'must have no part after #, which is not sent: leave it out.' : null;
}

function hostProblem(url: URL, rules: AddressRules): string | null {
  const host = hostOf(url);
  if (rules.ownHosts.includes(hostAndPortOf(url))) return 'must not be an address of this gateway: name the server of the shop.';
  if (isIP(host) !== 0) return mayConnect(host, portOf(url), rules) ? null : RESOLVES_INWARD;
  if (host.length > HOST_LENGTH_MAX) return `must have a host name of at most ${HOST_LENGTH_MAX} characters.`;
  if (host.endsWith('.')) return 'must have a host name without a full stop at its end.';
  if (!host.split('.').every((label) => LABEL.test(label)))
    return 'must have a host name of letters, digits, hyphens and full stops.';
  if (METADATA_NAME.test(host)) return RESOLVES_INWARD;
  if (host === 'localhost' && rules.allowsLoopback) {
    return rules.ownPorts.includes(portOf(url)) ? 'must not be an address of this gateway: name the port of the shop.' : null;
  }
  if (LOCAL_NAME.test(host)) {
    return rules.allowsLoopback
      ? 'must name this machine as http://127.0.0.1 or http://localhost, with a port.'
      : 'must have a host name that others can reach: this one means the machine of the gateway.';
  }
  const isPrivate = PRIVATE_NAME.test(host) && !rules.allowsPrivateNames;
  return isPrivate ? 'must have a host name of the public internet: this one belongs to a private network.' : null;
}

function portProblem(url: URL): string | null {
  const port = portOf(url);
  const isWeb = port === 443 || port === 8443 || (port === 80 && url.protocol === 'http:');
  if (isWeb || (port >= 1_024 && !SERVICE_PORTS.has(port))) return null;
  return `must not use port ${port}, which belongs to another service: use 443, 8443 or another port from 1024 on.`;
}

/** What keeps a request from being written: the URL, or an address in it. Null when nothing does. Touches no network. */
export function judgeTarget(url: string, rules: AddressRules): 'refused_url' | 'refused_address' | null {
  if (findUrlProblems(url, rules).length === 0) return null;
  const target = isUrl(url) ? new URL(url) : null;
  const isAddress = target !== null && isIP(hostOf(target)) !== 0;
  return isAddress && !mayConnect(hostOf(target), portOf(target), rules) ? 'refused_address' : 'refused_url';
}

/** Whether the host is this machine by its name or address. Whether it may be reached is for the rules. */
export function isOwnMachine(host: string): boolean {
  return isLocalName(host) || LOOPBACK.includes(host);
}

function isLocalName(host: string): boolean {
  return host === 'localhost';
}

/** Whether a connection may be opened to the address and port: open by the rules, and not the gateway's own listener. */
function mayConnect(address: string, port: number, rules: AddressRules): boolean {
  const isLoopback = LOOPBACK.includes(address);
  if (isLoopback ? !rules.allowsLoopback : !isOpenAddress(address, rules.allowed)) return false;
  return !rules.ownPorts.includes(port) || !(isLoopback || isOfThisMachine(address));
}

function isOfThisMachine(address: string): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some((own) => own.address === address) === true);
}

/** No connection was opened. `dns`: the name has no address; `refused_address`: one of its addresses is not allowed. */
export class AddressRefusal extends Error {
  readonly reason: 'dns' | 'refused_address';

  constructor(reason: AddressRefusal['reason']) {
    super(reason === 'dns' ? 'The host name has no address.' : 'An address of the host is not allowed.');
    this.reason = reason;
  }
}

/**
 * The addresses to which a connection to the host may be opened, at most 6, IPv4 first. One address that is not allowed refuses all:
 * a name that mixes them was made to get past a guard.
 */
export async function findAddresses(
  host: string,
  port: number,
  rules: AddressRules,
): Promise<Result<readonly string[], AddressRefusal>> {
  const addresses = await addressesOf(host, rules);
  if (addresses.length === 0) return refused(new AddressRefusal('dns'));
  if (!addresses.every((address) => mayConnect(address, port, rules))) return refused(new AddressRefusal('refused_address'));
  const sorted = [...addresses.filter((address) => isIPv4(address)), ...addresses.filter((address) => !isIPv4(address))];
  return ok(sorted.slice(0, ADDRESSES_MAX));
}

async function addressesOf(host: string, rules: AddressRules): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  return isLocalName(host) ? LOOPBACK : rules.resolve(host);
}

/**
 * A `lookup` for the options of a socket, which gives it judged addresses only. Sockets do not call it for an address: judge a URL
 * by `findUrlProblems` before.
 */
export function createGuardedLookup(port: number, rules: AddressRules): LookupFunction {
  return (host, options, callback) => {
    const tell = (found: Result<readonly string[], AddressRefusal>): void => {
      if (!found.ok) return callback(found.refusal, []);
      const [first = '', ...others] = found.value;
      const entry = (address: string): LookupAddress => ({ address, family: isIP(address) });
      if (options.all === true) callback(null, [first, ...others].map(entry));
      else callback(null, first, isIP(first));
    };
    findAddresses(host, port, rules)
      // A resolver that fails in an unforeseen way finds nothing.
      .catch(() => refused(new AddressRefusal('dns')))
      .then(tell)
      // The socket could not use the addresses: it is told so once, and whatever it does then must not end the process.
      .catch((error: Error) => callback(error, []))
      .catch(() => undefined);
  };
}
