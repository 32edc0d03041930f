import { type AlignedClock, type Clock, MINUTE_MS, SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { createLoop } from '../kernel/loop.ts';
import type { Database } from './database.ts';

const SAMPLES = 3;
/** Beyond this one of the two clocks is plainly wrong. Signatures of providers carry times too, and may then be refused. */
const SKEW_MS_MAX = 5 * MINUTE_MS;
const SKEW_MS_NOTED = 2 * SECOND_MS;
const MEASURED_EVERY_MS = MINUTE_MS;
const STOP_LIMIT_MS = 2 * SECOND_MS;

/** How far the database's clock is ahead of the machine's, by the sample that took the shortest way. */
export async function measureSkewMs(database: Pick<Database, 'client'>, machine: Clock): Promise<number> {
  let best = { roundTripMs: Number.POSITIVE_INFINITY, skewMs: 0 };
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const askedMs = machine.now().getTime();
    const [row] = await database.client.$queryRaw<{ nowMs: number }[]>`
      SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"`;
    const roundTripMs = machine.now().getTime() - askedMs;
    if (row === undefined || roundTripMs >= best.roundTripMs) continue;
    best = { roundTripMs, skewMs: Math.round(row.nowMs - askedMs - roundTripMs / 2) };
  }
  return best.skewMs;
}

/**
 * Sets the clock by the database's, however far the two differ, so that all gateways on it agree on leases, due times and expiry.
 * Logs a warning beyond two seconds, and an error beyond five minutes.
 */
export async function alignClock(database: Pick<Database, 'client'>, clock: AlignedClock, log: Logger): Promise<void> {
  const skewMs = await measureSkewMs(database, clock.machine);
  clock.align(skewMs);
  if (Math.abs(skewMs) > SKEW_MS_MAX) log.error({ skewMs }, describeSkew(skewMs));
  else if (Math.abs(skewMs) > SKEW_MS_NOTED)
    log.warn({ skewMs }, 'the clock of this machine differs from the database’s, which counts');
}

/** Aligns again every minute until it is stopped. A measurement that fails leaves the clock as it was set last. */
export function keepAligned(database: Pick<Database, 'client'>, clock: AlignedClock, log: Logger): () => Promise<void> {
  const loop = createLoop({
    name: 'clock',
    log,
    pauseMs: MEASURED_EVERY_MS,
    roundMsMax: MEASURED_EVERY_MS,
    round: () => alignClock(database, clock, log),
  });
  loop.start(MEASURED_EVERY_MS);
  return () => loop.stop(STOP_LIMIT_MS);
}

function describeSkew(skewMs: number): string {
  const minutes = Math.round(Math.abs(skewMs) / MINUTE_MS);
  const direction = skewMs > 0 ? 'behind' : 'ahead of';
  return `The clock of this machine is ${minutes} minutes ${direction} the database’s, which counts. Set both by NTP.`;
}
