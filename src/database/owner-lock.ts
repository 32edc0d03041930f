import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Who holds a lock file. A process is named by pid and start: a pid alone is given to another process some day. */
export interface Holder {
  readonly pid: number;
  readonly startedAt: string | null;
  readonly host: string;
  /** Where the holder answers, once it does. */
  readonly socketPath: string;
  /** Another one for each lock that is ever taken. */
  readonly nonce: string;
}

export type LockResult = { readonly isTaken: true; readonly lock: Lock } | { readonly isTaken: false; readonly holder: Holder };

export interface Lock {
  release(): Promise<void>;
}

const TAKE_OVER_ROUNDS_MAX = 100;
const TAKE_OVER_PAUSE_MS = 20;
const SOCKET_ANSWER_MS = 1_000;

/**
 * Takes the lock file for this process, or tells who holds it. The lock of a dead process is taken over; of several that try
 * at once exactly one gets it.
 *
 * To replace a dead holder's file one must first hold a lock of its own named after that file's nonce (which is taken the same way, so
 * that a process that dies in between blocks nobody). Only its holder may replace the file, and looks again before it does.
 */
export async function takeLock(path: string, socketPath: string): Promise<LockResult> {
  const own: Holder = {
    pid: process.pid,
    startedAt: processStart(process.pid),
    host: hostname(),
    socketPath,
    nonce: randomUUID(),
  };
  // Written aside and put in place at once: nobody reads a half-written lock.
  const draft = `${path}.draft-${own.nonce}`;
  await writeFile(draft, JSON.stringify(own), { mode: 0o600 });
  const taken: LockResult = { isTaken: true, lock: { release: () => release(path, own.nonce) } };
  try {
    for (let round = 0; round < TAKE_OVER_ROUNDS_MAX; round += 1) {
      if (await linkIfFree(draft, path)) return taken;
      const holder = await readHolder(path);
      if (holder === null) continue;
      if (await isAlive(holder)) return { isTaken: false, holder };
      if (await replaceDead(path, { holder, draft })) return taken;
      await pause(TAKE_OVER_PAUSE_MS);
    }
    throw new Error(`${path} could not be taken: too many processes are starting at once. Start again.`);
  } finally {
    await unlink(draft).catch(ignoreMissing);
  }
}

/** The holder of the lock file; null when there is none. */
export async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch (error) {
    ignoreMissing(error);
    return null;
  }
}

/** By its socket too: a holder in another container has a pid that means nothing here. */
export async function isAlive(holder: Holder): Promise<boolean> {
  return isSameProcess(holder) || answers(holder.socketPath);
}

async function replaceDead(path: string, dead: { holder: Holder; draft: string }): Promise<boolean> {
  const guard = await takeLock(`${path}.${dead.holder.nonce}`, '');
  if (!guard.isTaken) return false;
  try {
    if ((await readHolder(path))?.nonce !== dead.holder.nonce) return false;
    await rename(dead.draft, path);
    return true;
  } finally {
    await guard.lock.release();
  }
}

async function release(path: string, nonce: string): Promise<void> {
  if ((await readHolder(path))?.nonce === nonce) await unlink(path);
}

async function linkIfFree(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isSameProcess({ pid, startedAt, host }: Holder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const current = processStart(pid);
  return startedAt === null || current === null || startedAt === current;
}

/** Text that differs between two processes that had the same pid; null where the system does not tell. */
function processStart(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      // Field 22 counts from boot, hence the boot's id. The command name before it may hold spaces and brackets.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
    }
    if (process.platform === 'win32') return null;
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

function answers(socketPath: string): Promise<boolean> {
  if (socketPath === '') return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const finish = (isAnswered: boolean): void => {
      socket.destroy();
      resolve(isAnswered);
    };
    socket.setTimeout(SOCKET_ANSWER_MS, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
