import { spawnSync } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, isRoot } from './server-tools.ts';

/** A disk of a test's own that can run out of space: a file system in memory. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes all the space that is left. */
  fill(): void;
  /** Gives it back. */
  free(): void;
  remove(): void;
}

const CHUNK_BYTES_MAX = 1024 * 1024;
const PAGE_BYTES = 4_096;

/** Only root may mount one, and not in every container: then the reason comes back as a text. */
export function mountSmallDisk(megabytes: number, owner: { uid?: number; gid?: number } = {}): SmallDisk | string {
  if (!isRoot()) return 'only root can mount a small disk';
  const [mount, unmount] = [findProgram('mount'), findProgram('umount')];
  if (mount === null || unmount === null) return 'not installed: mount';
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-disk-'));
  const { uid = 0, gid = 0 } = owner;
  const options = `size=${megabytes}m,mode=0700,uid=${uid},gid=${gid}`;
  const mounted = spawnSync(mount, ['-t', 'tmpfs', '-o', options, 'tollgate-test', folder], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    rmdirSync(folder);
    return `no small disk can be mounted: ${mounted.stderr?.trim() || mounted.error?.message}`;
  }
  // Beside what the test keeps there, which may have to be a folder that begins empty.
  const kept = join(folder, 'kept');
  mkdirSync(kept, { mode: 0o700 });
  chownSync(kept, uid, gid);
  const ballast = join(folder, 'ballast');
  return {
    folder: kept,
    fill: () => takeAll(ballast),
    free: () => rmSync(ballast, { force: true }),
    remove() {
      const { status } = spawnSync(unmount, [folder]);
      // Something still has a file open there: the disk goes with its last user.
      if (status !== 0) spawnSync(unmount, ['--lazy', folder]);
      rmdirSync(folder);
    },
  };
}

function takeAll(path: string): void {
  const file = openSync(path, 'w');
  const bytes = Buffer.alloc(CHUNK_BYTES_MAX, 1);
  for (let size = CHUNK_BYTES_MAX; size >= PAGE_BYTES; ) {
    try {
      writeSync(file, bytes, 0, size);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      size /= 2;
    }
  }
  closeSync(file);
}
