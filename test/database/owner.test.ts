import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askOwner, FolderInUse, takeOwnership } from '../../src/database/owner.ts';
import { type Child, startChild } from '../support/child.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tollgate-owner-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function startOwner(dataDir: string): Child {
  return startChild(new URL('./owner-child.ts', import.meta.url), [dataDir]);
}

describe('the embedded folder', () => {
  it('refuses a second process and tells it who the owner is and what to do', async () => {
    const dataDir = join(root, 'second');
    const first = startOwner(dataDir);
    expect(await first.nextLine()).toBe('owner');
    const attempt = takeOwnership(dataDir);
    await expect(attempt).rejects.toThrow(FolderInUse);
    await expect(attempt).rejects.toThrow(new RegExp(`process ${first.process.pid} .*TOLLGATE_DATA_DIR.*DATABASE_URL`));
    await first.kill();
  });

  it('is free again after its owner lets it go', async () => {
    const dataDir = join(root, 'released');
    await (await takeOwnership(dataDir)).release();
    await (await takeOwnership(dataDir)).release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is taken over from an owner that was killed', async () => {
    const dataDir = join(root, 'killed');
    const first = startOwner(dataDir);
    await first.nextLine();
    await first.kill();
    const ownership = await takeOwnership(dataDir);
    await ownership.release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is taken over when the pid of the lock meanwhile belongs to another process', async () => {
    const dataDir = join(root, 'recycled');
    await (await takeOwnership(dataDir)).release();
    const holder = {
      pid: process.ppid,
      startedAt: 'long ago',
      host: hostname(),
      socketPath: join(dataDir, 'owner.sock'),
      nonce: 'old',
    };
    await writeFile(join(dataDir, 'owner.lock'), JSON.stringify(holder));
    await (await takeOwnership(dataDir)).release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('goes to exactly one of several processes that find a dead owner at the same time', async () => {
    const dataDir = join(root, 'race');
    const first = startOwner(dataDir);
    await first.nextLine();
    await first.kill();
    const racers = Array.from({ length: 6 }, () => startOwner(dataDir));
    const lines = await Promise.all(racers.map((racer) => racer.nextLine()));
    expect(lines.filter((line) => line === 'owner')).toHaveLength(1);
    expect(lines.filter((line) => line?.includes('is in use by process'))).toHaveLength(5);
    await Promise.all(racers.map((racer) => racer.kill()));
  });

  it('answers commands of other processes through its owner, over a socket that only its user can open', async () => {
    const dataDir = join(root, 'commands');
    const owner = startOwner(dataDir);
    await owner.nextLine();
    const answer = await askOwner(dataDir, { name: 'echo', input: { text: 'hello' } });
    expect(answer).toEqual({ ok: true, value: { pid: owner.process.pid, input: { text: 'hello' } } });
    expect((await stat(join(dataDir, 'owner.sock'))).mode & 0o777).toBe(0o600);
    await owner.kill();
    expect(await askOwner(dataDir, { name: 'echo', input: null })).toBeNull();
  });

  it('has its socket elsewhere when its path is too long for one', async () => {
    const dataDir = join(root, 'a-very-long-name-'.repeat(8));
    const owner = startOwner(dataDir);
    await owner.nextLine();
    expect(await askOwner(dataDir, { name: 'echo', input: 1 })).toMatchObject({ ok: true });
    await owner.kill();
  });
});
