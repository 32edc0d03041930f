import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MINUTE_MS } from '../kernel/clock.ts';
import type { Json } from '../kernel/json.ts';
import { useFolder } from './folder-unusable.ts';
import { type Holder, isAlive, type Lock, readHolder, takeLock } from './owner-lock.ts';

/**
 * The embedded folder has one owner: two processes on it lose rows without an error. The owner holds a lock file in the folder and
 * answers the command line over a socket that only its own user can open.
 */
export interface Ownership {
  /** From now on commands are answered by the handler; before, callers are told that the gateway is starting. */
  answerCommands(handler: CommandHandler): void;
  release(): Promise<void>;
}

/** Runs one command and answers what the command line shows. A throw reaches the caller as its message. */
export type CommandHandler = (command: OwnerCommand) => Promise<Json>;

export interface OwnerCommand {
  readonly name: string;
  readonly input: Json;
}

export type OwnerAnswer = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string };

/** The folder belongs to another process. The message names it and says what to do. */
export class FolderInUse extends Error {
  constructor(dataDir: string, holder: Holder) {
    super(
      `${dataDir} is in use by process ${holder.pid}${holder.socketPath === '' ? '' : ` on ${holder.host}`}. ` +
        'Stop that process, give this one a folder of its own with TOLLGATE_DATA_DIR, or set DATABASE_URL to share a PostgreSQL server.',
    );
    this.name = 'FolderInUse';
  }
}

/** What the operating systems allow for the path of a socket, less one for safety (macOS: 104 bytes). */
const SOCKET_PATH_BYTES_MAX = 102;
const MESSAGE_BYTES_MAX = 1024 * 1024;
const COMMAND_TIMEOUT_MS = MINUTE_MS;

/** Makes this process the owner of the folder, which is created when it is missing. Throws FolderInUse, and DatabaseUnusable for a folder that cannot be used. */
export function takeOwnership(dataDir: string): Promise<Ownership> {
  return useFolder(dataDir, () => takeFolder(dataDir));
}

async function takeFolder(dataDir: string): Promise<Ownership> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const socketPath = await chooseSocketPath(dataDir);
  const result = await takeLock(lockPath(dataDir), socketPath);
  if (!result.isTaken) {
    await forgetSocket(dataDir, socketPath);
    throw new FolderInUse(dataDir, result.holder);
  }
  return openDoor({ dataDir, socketPath, lock: result.lock });
}

/** Sends a command to the folder's owner and answers what it said; null when nobody owns the folder. */
export async function askOwner(dataDir: string, command: OwnerCommand): Promise<OwnerAnswer | null> {
  const holder = await useFolder(dataDir, () => readHolder(lockPath(dataDir)));
  if (holder === null || !(await isAlive(holder))) return null;
  const socket = connect(holder.socketPath);
  socket.setTimeout(COMMAND_TIMEOUT_MS, () =>
    socket.destroy(new Error(`Process ${holder.pid} did not answer the command in time.`)),
  );
  socket.end(JSON.stringify(command));
  return JSON.parse(await readAll(socket)) as OwnerAnswer;
}

async function openDoor(parts: { dataDir: string; socketPath: string; lock: Lock }): Promise<Ownership> {
  let handler: CommandHandler = () => Promise.reject(new Error('The gateway is starting. Try again in a moment.'));
  // Half-open: the caller ends its side once the command is written, and then waits for the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => void answer(socket, (command) => handler(command)));
  try {
    await rm(parts.socketPath, { force: true });
    await listen(server, parts.socketPath);
    await chmod(parts.socketPath, 0o600);
  } catch (error) {
    await parts.lock.release();
    throw error;
  }
  return {
    answerCommands(next) {
      handler = next;
    },
    async release() {
      await new Promise((done) => server.close(done));
      await forgetSocket(parts.dataDir, parts.socketPath);
      await parts.lock.release();
    },
  };
}

async function answer(socket: Socket, handler: CommandHandler): Promise<void> {
  socket.on('error', () => socket.destroy());
  socket.setTimeout(COMMAND_TIMEOUT_MS, () => socket.destroy());
  try {
    const text = await readAll(socket);
    // Somebody who only looks whether the owner lives says nothing.
    if (text === '') return void socket.end();
    const value = await handler(JSON.parse(text) as OwnerCommand);
    socket.end(JSON.stringify({ ok: true, value } satisfies OwnerAnswer));
  } catch (error) {
    socket.end(JSON.stringify({ ok: false, message: (error as Error).message } satisfies OwnerAnswer));
  }
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MESSAGE_BYTES_MAX) throw new Error('The message is too long.');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    // Stays: a later error is not the end of the server.
    server.on('error', fail);
    server.listen(path, done);
  });
}

function lockPath(dataDir: string): string {
  return join(dataDir, 'owner.lock');
}

/** In the folder, where its path is short enough for a socket; else in a private folder of the system's temporary one. */
async function chooseSocketPath(dataDir: string): Promise<string> {
  const inFolder = socketInFolder(dataDir);
  if (Buffer.byteLength(inFolder) <= SOCKET_PATH_BYTES_MAX) return inFolder;
  return join(await mkdtemp(join(tmpdir(), 'tollgate-')), 'owner.sock');
}

async function forgetSocket(dataDir: string, socketPath: string): Promise<void> {
  // The one in the folder belongs to whoever holds the lock; the system removes it when the server closes.
  if (socketPath !== socketInFolder(dataDir)) await rm(dirname(socketPath), { recursive: true, force: true });
}

function socketInFolder(dataDir: string): string {
  return join(resolve(dataDir), 'owner.sock');
}
