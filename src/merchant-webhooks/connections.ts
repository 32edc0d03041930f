import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { Clock } from '../kernel/clock.ts';
import { openTunnel } from './tunnel.ts';

/**
 * Connections to endpoints, kept for the next message. Each endpoint has its own, so that one which holds its connections delays no
 * other, and no two merchants share one.
 */
export interface Connections {
  /** The agent for a request. Give it the options of `optionsOf` besides. */
  agentFor(url: URL): http.Agent;
  /** Ends every connection, also those in use. */
  close(): void;
}

/** What a request's options hold besides those of Node.js, for `Connections` to tell connections apart. */
export interface ConnectionOptions {
  /** Requests share connections within one group: an endpoint in one environment. */
  readonly group: string;
  /** Whether the tunnel of the proxy is used. */
  readonly isProxied: boolean;
}

/** In use at once, for one endpoint. More wait: the sender has fewer under way. */
const OPEN_MAX = 32;
/** Kept open without use, for one endpoint and for all. Further ones are closed after their response. */
const IDLE_OF_ONE_MAX = 8;
const IDLE_MAX = 256;
/** After this a new one is opened, to the addresses that the name has by then. */
const AGE_MAX_MS = 60_000;

export interface ConnectionSettings {
  readonly clock: Clock;
  readonly proxyUrl: string | null;
  /** How long the proxy may take to make a tunnel. */
  readonly connectMs: number;
  /** How long a connection is kept without use. */
  readonly idleMs: number;
  /** PEM certificates to trust instead of those of Node.js. */
  readonly authorities?: readonly string[];
}

/** Two agents, for http and https, whatever the number of endpoints: the agent drops what it knows of one that has no connection. */
export function createConnections(settings: ConnectionSettings): Connections {
  const options = { keepAlive: true, maxSockets: OPEN_MAX, maxFreeSockets: IDLE_OF_ONE_MAX, timeout: settings.idleMs };
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: a message must not go to somebody else's server.
  const trust = settings.authorities === undefined ? {} : { ca: [...settings.authorities] };
  const agents = [new http.Agent(options), new https.Agent({ ...options, ...trust, rejectUnauthorized: true })] as const;
  for (const agent of agents) guard(agent, agents, settings);
  return {
    agentFor: ({ protocol }) => agents[protocol === 'https:' ? 1 : 0],
    close: () => agents.forEach((agent) => agent.destroy()),
  };
}

type AgentOptions = http.ClientRequestArgs & Partial<ConnectionOptions>;
type Opened = (error: Error | null, socket?: Duplex) => void;
/** What the types of Node.js say differently for each agent. */
interface OpenAgent {
  getName(options?: AgentOptions): string;
  createConnection(options: AgentOptions, opened: Opened): Duplex | null | undefined;
  keepSocketAlive(socket: Duplex): boolean;
}

function guard(agent: http.Agent, agents: readonly http.Agent[], settings: ConnectionSettings): void {
  const open = agent as unknown as OpenAgent;
  const [nameOf, connect, keep] = [open.getName, open.createConnection, open.keepSocketAlive].map((of) => of.bind(agent)) as [
    OpenAgent['getName'],
    OpenAgent['createConnection'],
    OpenAgent['keepSocketAlive'],
  ];
  /** When each connection was opened. */
  const openedAt = new WeakMap<Duplex, number>();
  const note = (socket: Duplex): Duplex => {
    openedAt.set(socket, settings.clock.now().getTime());
    return socket;
  };
  open.getName = (options) => `${options?.group}|${nameOf(options)}`;
  open.createConnection = (options, opened) => {
    if (options.isProxied !== true || settings.proxyUrl === null) {
      const socket = connect(options, opened);
      return socket && note(socket);
    }
    const target = { host: String(options.host), port: Number(options.port) };
    openTunnel({ proxyUrl: settings.proxyUrl, target, limitMs: settings.connectMs })
      .then((tunnel) => {
        try {
          const isSecure = agent instanceof https.Agent;
          opened(null, note(isSecure ? (connect({ ...options, socket: tunnel } as AgentOptions, () => {}) ?? tunnel) : tunnel));
        } catch (error) {
          tunnel.destroy();
          throw error;
        }
      })
      // The agent hears the first call only.
      .catch((error: Error) => opened(error));
    return undefined;
  };
  open.keepSocketAlive = (socket) => {
    const ageMs = settings.clock.now().getTime() - (openedAt.get(socket) ?? 0);
    return ageMs < AGE_MAX_MS && countIdle(agents) < IDLE_MAX && keep(socket);
  };
}

function countIdle(agents: readonly http.Agent[]): number {
  const lists = agents.flatMap(({ freeSockets }) => Object.values(freeSockets));
  return lists.reduce((count, list) => count + (list?.length ?? 0), 0);
}
