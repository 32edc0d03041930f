import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The path of one of PostgreSQL's programs, or of another; null where the machine has none. */
export function findProgram(name: string): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort().reverse() : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(delimiter)];
  return [...folders, '/usr/sbin'].map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Why this machine cannot run a server of its own for a test; null where it can. */
export function lacksPrograms(...names: readonly string[]): string | null {
  const missing = names.filter((name) => findProgram(name) === null);
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return isRoot() && serviceUser() === null ? 'the user postgres does not exist' : null;
}

/** PostgreSQL and PgBouncer refuse to run as root. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function serviceUser(): { uid: number; gid: number } | null {
  const idOf = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim() || 'NaN');
  const [uid, gid] = [idOf('-u'), idOf('-g')];
  return Number.isNaN(uid) || Number.isNaN(gid) ? null : { uid, gid };
}

export interface Workshop {
  readonly folder: string;
  /** As whom its programs run; empty for the user of the tests. */
  readonly user: { readonly uid?: number; readonly gid?: number };
  /** Runs a program to its end as the user of the folder. Throws with what it printed when it fails. */
  run(program: string, args: readonly string[]): Promise<string>;
  /** Writes a file that the user of the folder may read. */
  write(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

/** A folder for a server of a test's own, which belongs to a user that the server may run as. */
export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-server-'));
  const user = isRoot() ? serviceUser() : null;
  if (user !== null) await chown(folder, user.uid, user.gid);
  return {
    folder,
    user: user ?? {},
    run: (program, args) => runToEnd(findProgram(program) ?? program, args, { cwd: folder, ...user }),
    async write(name, text) {
      const path = join(folder, name);
      await writeFile(path, text);
      await chmod(path, 0o600);
      if (user !== null) await chown(path, user.uid, user.gid);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function runToEnd(program: string, args: readonly string[], options: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    const keep = (chunk: Buffer): void => {
      printed += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    // The exit of the program itself: a server that it started keeps its pipes open.
    child.once('exit', (code) => {
      child.stdout.destroy();
      child.stderr.destroy();
      if (code === 0) resolve(printed);
      else reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${printed}`));
    });
  });
}
