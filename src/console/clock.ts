/** The browser's clock, read in this file only. What it says is shown to people and decides nothing. */
export function now(): Date {
  return new Date();
}
