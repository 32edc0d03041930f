import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to the database server that a test can break. */
export interface DatabaseProxy {
  /** The database's address by this way. */
  readonly url: string;
  /** How many connections are open. */
  connections(): number;
  /** Ends all connections. */
  cut(): void;
  /** Refuses new connections and ends the open ones, as a server does that is stopped. */
  stop(): void;
  /** Lets nothing through any more on the connections that are open now: they stay open and silent. */
  silence(): void;
  /** Lets nothing through, on the connections of now and later, as a network does that drops packets. */
  blackhole(): void;
  /** Takes new connections again. Those that were silenced stay silent. */
  restore(): void;
  /** Keeps what the server says. */
  hold(): void;
  /** How many bytes are kept. */
  heldBytes(): number;
  /** Passes on what was kept, in one piece for each connection. */
  release(): void;
  close(): Promise<void>;
}

interface Line {
  readonly ends: readonly Socket[];
  isSilent: boolean;
  held: Buffer[];
  /** The server has ended it, which the other end learns after what is held. */
  isOver: boolean;
  release(): void;
}

export async function openDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const lines = new Set<Line>();
  let mode: 'open' | 'stopped' | 'blackhole' = 'open';
  let isHolding = false;

  const server = createServer((near) => {
    near.on('error', () => near.destroy());
    if (mode === 'stopped') return void near.resetAndDestroy();
    const far = mode === 'blackhole' ? null : connect(Number(target.port || 5432), target.hostname);
    const line: Line = {
      ends: far === null ? [near] : [near, far],
      isSilent: far === null,
      held: [],
      isOver: false,
      release() {
        const kept = Buffer.concat(line.held);
        line.held = [];
        near.write(kept, () => line.isOver && end());
      },
    };
    lines.add(line);
    const end = () => {
      // The end of a connection does not pass through a silent network.
      if (line.isSilent && mode !== 'stopped') return;
      lines.delete(line);
      for (const socket of line.ends) socket.destroy();
    };
    near.once('close', end);
    near.on('data', (chunk) => void (line.isSilent || far?.write(chunk)));
    far?.on('error', () => far.destroy());
    far?.once('close', () => {
      line.isOver = true;
      if (!isHolding) end();
    });
    far?.on('data', (chunk) => {
      if (line.isSilent) return;
      if (isHolding) line.held.push(chunk);
      else near.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  const silence = () => {
    for (const line of lines) line.isSilent = true;
  };
  const cut = () => {
    for (const line of lines) for (const socket of line.ends) socket.destroy();
    lines.clear();
  };
  return {
    url: url.href,
    connections: () => lines.size,
    cut,
    stop() {
      mode = 'stopped';
      cut();
    },
    silence,
    blackhole() {
      mode = 'blackhole';
      silence();
    },
    restore() {
      mode = 'open';
    },
    hold() {
      isHolding = true;
    },
    heldBytes: () => [...lines].reduce((sum, { held }) => sum + held.reduce((bytes, { length }) => bytes + length, 0), 0),
    release() {
      isHolding = false;
      for (const line of lines) line.release();
    },
    async close() {
      cut();
      await new Promise((done) => server.close(done));
    },
  };
}
