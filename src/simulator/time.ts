import type { Database } from '../database/database.ts';
import { addMs, type Clock } from '../kernel/clock.ts';

const OFFSET = 'clock_offset_ms';

/** The simulator's own clock: another one, and ahead of it by what was asked for. */
export interface MovableClock extends Clock {
  /** Forward only: a vendor's clock does not go back. Kept over a restart. */
  advance(durationMs: number): Promise<Date>;
}

export async function openMovableClock(database: Database, clock: Clock): Promise<MovableClock> {
  const kept = await database.client.simulatorSetting.findUnique({ where: { name: OFFSET } });
  let offsetMs = Number(kept?.value ?? 0);
  const now = () => addMs(clock.now(), offsetMs);
  return {
    now,
    async advance(durationMs) {
      offsetMs += durationMs;
      const row = { name: OFFSET, value: offsetMs };
      await database.client.simulatorSetting.upsert({ where: { name: OFFSET }, create: row, update: row });
      return now();
    },
  };
}
