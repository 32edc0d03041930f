/** The time of this machine. */
export function readClock(): Date {
  return new Date();
}
