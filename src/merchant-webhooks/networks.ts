import { BlockList, isIP } from 'node:net';

/** A range of addresses, such as 10.1.0.0/16. */
export interface Network {
  readonly address: string;
  readonly prefixBits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** The networks of which an operator may allow parts. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

/**
 * What no setting opens: link-local addresses and the fixed addresses at which clouds give out credentials and settings of a machine
 * (AWS, Google, Alibaba, Azure), as documented by each on 2026-11-27.
 */
const NEVER = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::/32',
  'fd20:ce::/32',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
];

/**
 * Addresses that are not of the public internet: the IANA registries of special addresses, joined with the lists of the Svix server
 * and of Stripe's smokescreen, read on 2026-11-26.
 */
const SPECIAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Within the range of public IPv6. 2001::/23 holds Teredo, 2002::/16 is 6to4: both lead to an IPv4 address inside.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
];

/** Public IPv6. What is outside (mapped, compatible, translated, local, multicast) is refused as a whole. */
const PUBLIC_IPV6 = ['2000::/3'];

/** Prefixes whose last 32 bits are an IPv4 address: compatible and mapped. What holds for IPv4 must not be met by another spelling. */
const SPELLED_IPV4 = ['::/96', '::ffff:0:0/96'];

/** Reads `10.1.0.0/16`, or one address. Null for anything else. */
export function toNetwork(text: string): Network | null {
  const [, address = '', bits] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return null;
  const bitsMax = version === 4 ? 32 : 128;
  const prefixBits = bits === undefined ? bitsMax : Number(bits);
  return prefixBits > bitsMax ? null : { address, prefixBits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** The private networks that an operator may open to webhooks lie within these; for messages. */
export const PRIVATE_NETWORKS: readonly string[] = PRIVATE;

/** Whether the network is private as a whole: an allow-list that opened more would be a mistake. */
export function isPrivateNetwork({ address, prefixBits, family }: Network): boolean {
  // Of one family: a list of IPv4 ranges holds their mapped IPv6 addresses too.
  const around = PRIVATE.map(toNetwork).filter((network) => network?.family === family);
  return around.some(
    (network) => network !== null && prefixBits >= network.prefixBits && listOf([network]).check(address, family),
  );
}

export function listOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefixBits, family } of networks) list.addSubnet(address, prefixBits, family);
  return list;
}

function listOfTexts(texts: readonly string[]): BlockList {
  return listOf(texts.map(toNetwork).filter((network) => network !== null));
}

const never = listOfTexts(NEVER);
const special = listOfTexts(SPECIAL);
const publicIpv6 = listOfTexts(PUBLIC_IPV6);
const spelledIpv4 = listOfTexts(SPELLED_IPV4);

/**
 * Whether a webhook may go to the address: one of the public internet, or of a network that the operator allows. False for what is
 * no address.
 */
export function isOpenAddress(address: string, allowed: BlockList): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes('%')) return false;
  const at = { address, family: version === 4 ? ('ipv4' as const) : ('ipv6' as const) };
  // Asked for IPv6 only: a list with the mapped range holds every IPv4 address too.
  if (version === 6 && holds(spelledIpv4, at)) return false;
  if (holds(never, at)) return false;
  if (holds(allowed, at)) return true;
  return !holds(special, at) && (version === 4 || holds(publicIpv6, at));
}

function holds(list: BlockList, { address, family }: Pick<Network, 'address' | 'family'>): boolean {
  return list.check(address, family);
}
