import { v7 } from 'uuid';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUIDv7 whose time part is the given instant, so that ids sort by creation. */
export function newId(now: Date): string {
  return v7({ msecs: now.getTime() });
}

/** Whether the text can be an id of ours. Anything else cannot match a row, and PostgreSQL would refuse to compare it. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
