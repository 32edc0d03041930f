import { Prisma } from '../generated/prisma/client.ts';
import { addMs, MINUTE_MS } from '../kernel/clock.ts';

/** The gateway ends a session within this time after its expiry, unless something holds it. */
const EXPIRY_GRACE_MS = 15 * MINUTE_MS;
/** A provider answers a start, or fails to, long before. */
const START_PATIENCE_MS = 5 * MINUTE_MS;

/**
 * Whether a person should look at a session, as a condition on its row: its outcome is unknown; or it is open although it
 * expired more than 15 minutes ago; or its provider has not answered the start for 5 minutes.
 */
export function isStuck(now: Date): Prisma.Sql {
  // The first line repeats what the rest implies, so that the index of statuses leads to the few that are open.
  return Prisma.sql`(status IN ('PENDING', 'ACTIVE', 'UNKNOWN') AND (status = 'UNKNOWN'
    OR expires_at < ${addMs(now, -EXPIRY_GRACE_MS)}::timestamptz
    OR (status = 'PENDING' AND phase = 'starting' AND created_at < ${addMs(now, -START_PATIENCE_MS)}::timestamptz)))`;
}
