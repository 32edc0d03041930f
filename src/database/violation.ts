import { Prisma } from '../generated/prisma/client.ts';

const UNIQUE_VIOLATION = '23505';

/**
 * The name of the unique constraint or index that a write ran into (`sessions_token_fingerprint_key`); null for any other error.
 * The drivers' own errors hold the name. Of Prisma's errors only the server's do, so it is read from PostgreSQL's message there.
 */
export function violatedUnique(error: unknown): string | null {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) {
    const { code, constraint } = Object(error) as { code?: unknown; constraint?: string };
    return code === UNIQUE_VIOLATION ? (constraint ?? null) : null;
  }
  if (error.code !== 'P2002') return null;
  const meta = error.meta as { driverAdapterError?: { cause?: { originalMessage?: string } } } | undefined;
  return meta?.driverAdapterError?.cause?.originalMessage?.match(/"([^"]+)"/)?.[1] ?? null;
}
