import { randomInt } from 'node:crypto';
import { v7 } from 'uuid';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const SEQUENCE_MAX = 0x7fffffff;
const last = { msecs: 0, seq: 0 };

/** A UUIDv7 whose time part is the given instant: ids sort by creation, those of one process also within a millisecond. */
export function newId(now: Date): string {
  const msecs = now.getTime();
  const isSameMs = msecs === last.msecs && last.seq < SEQUENCE_MAX;
  // A start in the lower half leaves room to count up.
  last.seq = isSameMs ? last.seq + 1 : randomInt(SEQUENCE_MAX >>> 1);
  last.msecs = msecs;
  return v7({ msecs, seq: last.seq });
}

/** Whether the text can be an id of ours. Anything else cannot match a row, and PostgreSQL would refuse to compare it. */
export function isId(text: string): boolean {
  return UUID.test(text);
}

/** The instant that an id of ours was made at. */
export function timeOfId(id: string): Date {
  if (!isId(id) || id[14] !== '7') throw new Error(`${id} is not a UUIDv7.`);
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}

/** No id that was made at the instant or later sorts before it. */
export function firstIdAt(instant: Date): string {
  // Ids begin in 1970.
  const hex = Math.max(instant.getTime(), 0).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
