import { BlockList } from 'node:net';
import type { MerchantScope } from '../kernel/scope.ts';
import { listOf, type Network } from './networks.ts';
import { createResolve, type Resolve } from './resolve.ts';

/** Where the webhooks of one environment may go. Made once from the configuration, by `readAddressRules`. */
export interface AddressRules {
  readonly environment: MerchantScope['environment'];
  /** Whether plain http is taken besides https. */
  readonly allowsHttp: boolean;
  /** Whether 127.0.0.1 and ::1 are taken: for TEST on the embedded database, which is for trial. */
  readonly allowsLoopback: boolean;
  /** Private networks that the operator opened. */
  readonly allowed: BlockList;
  /** Whether names such as `hooks.corp.internal` are taken: where a private network is open. Their addresses are judged in any case. */
  readonly allowsPrivateNames: boolean;
  /** Whether a proxy resolves the names. */
  readonly isProxied: boolean;
  /** Where the gateway itself is reached, as `host:port`. */
  readonly ownHosts: readonly string[];
  /** Ports on which the gateway listens on this machine. */
  readonly ownPorts: readonly number[];
  readonly resolve: Resolve;
}

/** What the rules are made from: a part of `Config`. */
export interface AddressSettings {
  readonly publicUrl: string;
  readonly consoleOrigin: string | null;
  readonly simulatorUrl: string | null;
  readonly port: number;
  readonly databaseUrl: string | null;
  readonly webhookAllow: readonly Network[];
  readonly webhookProxyUrl: string | null;
}

/**
 * The rules of each environment.
 * @param resolve finds the addresses of a name; tests pass another
 */
export function readAddressRules(
  settings: AddressSettings,
  resolve: Resolve = createResolve(),
): Readonly<Record<MerchantScope['environment'], AddressRules>> {
  const own = [settings.publicUrl, settings.consoleOrigin, settings.simulatorUrl].filter((url) => url !== null);
  const simulatorPort = settings.simulatorUrl === null ? [] : [portOf(new URL(settings.simulatorUrl))];
  const common = {
    allowed: listOf(settings.webhookAllow),
    allowsPrivateNames: settings.webhookAllow.length > 0,
    isProxied: settings.webhookProxyUrl !== null,
    ownHosts: own.map((url) => hostAndPortOf(new URL(url))),
    ownPorts: [settings.port, ...simulatorPort],
    resolve,
  };
  return {
    TEST: { ...common, environment: 'TEST', allowsHttp: true, allowsLoopback: settings.databaseUrl === null },
    LIVE: { ...common, environment: 'LIVE', allowsHttp: false, allowsLoopback: false },
  };
}

/** The port of a web address, also where it is the scheme's own. */
export function portOf({ protocol, port }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}

/** The host of a web address as sockets take it: an IPv6 address without brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Host and port in the one form in which two addresses are compared. */
export function hostAndPortOf(url: URL): string {
  return `${hostOf(url)}:${portOf(url)}`;
}
