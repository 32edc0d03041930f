/** PostgreSQL's code for an error for want of disk space. */
export const DISK_FULL = '53100';

/** A file that has to grow, within a transaction, which most writes need not. Asked for only after an error for want of space. */
export const GROW = `CREATE TEMPORARY TABLE tollgate_space ON COMMIT DROP AS SELECT repeat(md5(n::text), 1000) FROM generate_series(1, 50) n`;

export function isDiskFull(error: unknown): boolean {
  return (error as { code?: string } | null)?.code === DISK_FULL;
}
