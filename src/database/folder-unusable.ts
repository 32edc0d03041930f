import { DatabaseUnusable } from './unusable.ts';

/** Why the system does not let the gateway use the folder, by Node.js' code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOTDIR: 'A part of its path is a file',
  EEXIST: 'It is a file and not a folder',
  ENOENT: 'A part of its path does not exist and cannot be made',
  EACCES: 'The user of the gateway has no right to it',
  EPERM: 'The user of the gateway has no right to it',
  EROFS: 'The file system is read-only',
  ENOSPC: 'No space is left on its disk',
  EDQUOT: 'The quota of its disk is used up',
  ENAMETOOLONG: 'Its path is too long',
  ELOOP: 'Its path leads in a circle',
  EISDIR: 'One of its files is a folder',
};

/** Works on the embedded folder. Throws DatabaseUnusable with a sentence where the system does not let it. */
export async function useFolder<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainFolder(error, dataDir);
  }
}

/** The sentence for an error of the file system, or the error itself where none is known. */
export function explainFolder(error: unknown, dataDir: string): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  const reason = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  if (reason === undefined) return error;
  return new DatabaseUnusable(
    `The folder ${dataDir} of the embedded database cannot be used. ${reason} (${code}). Correct that, name another folder in ` +
      'TOLLGATE_DATA_DIR, or set DATABASE_URL to use a PostgreSQL server.',
    { cause: error },
  );
}
