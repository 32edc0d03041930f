import { randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useFolder } from './folder-unusable.ts';

/**
 * The key of an embedded folder, from the file `encryption-key` in it. A folder without one gets a new key, readable by its user
 * alone. Without the file, what was sealed is lost: tokens and provider credentials. Throws
 * DatabaseUnusable for a folder that cannot be used.
 */
export function loadEncryptionKey(dataDir: string): Promise<Uint8Array> {
  return useFolder(dataDir, () => loadKey(dataDir));
}

async function loadKey(dataDir: string): Promise<Uint8Array> {
  const path = join(dataDir, 'encryption-key');
  const draft = `${path}.draft-${process.pid}`;
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  // Put in place whole or not at all, and never over an older key.
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await unlink(draft);
  const key = Buffer.from(await readFile(path, 'utf8'), 'base64');
  if (key.length !== 32) throw new Error(`${path} does not hold a key of 32 bytes in base64. Restore the file from your backup.`);
  return new Uint8Array(key);
}
