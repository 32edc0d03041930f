import { Prisma } from '../generated/prisma/client.ts';

/**
 * The name of the unique constraint or index that a write ran into (`sessions_token_fingerprint_key`); null for any other error.
 * The server's adapter tells the name, the embedded one the columns only, so it is read from PostgreSQL's own message there.
 */
export function violatedUnique(error: unknown): string | null {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError) || error.code !== 'P2002') return null;
  const meta = error.meta as { driverAdapterError?: { cause?: { originalMessage?: string } } } | undefined;
  return meta?.driverAdapterError?.cause?.originalMessage?.match(/"([^"]+)"/)?.[1] ?? null;
}
