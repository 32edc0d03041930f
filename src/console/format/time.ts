/** Instants in the viewer's language and zone. */

const long = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const short = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
});
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

/** Without the year where it is this one. */
export function formatInstant(iso: string, from: Date): string {
  const instant = new Date(iso);
  return (instant.getFullYear() === from.getFullYear() ? short : long).format(instant);
}

/** For whoever has to be sure: in the viewer's zone with its name, and as it is in logs. */
export function formatExactly(iso: string): string {
  return `${exact.format(new Date(iso))} · ${iso}`;
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** "3 minutes ago", from the two instants alone. */
export function formatDistance(iso: string, from: Date): string {
  const seconds = (Date.parse(iso) - from.getTime()) / 1_000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(Math.round(seconds), 'second');
}

/** Seconds as people say them: "42 s", "3 min 5 s", "2 h 10 min". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return joined([Math.floor(whole / 60), 'min'], [whole % 60, 's']);
  // Rounded before it is split, or an hour could have sixty minutes.
  const [minutes, hours] = [Math.round(whole / 60), Math.round(whole / 3_600)];
  if (whole < 86_400) return joined([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
  return joined([Math.floor(hours / 24), 'd'], [hours % 24, 'h']);
}

function joined(...parts: readonly (readonly [number, string])[]): string {
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** For `datetime-local`, which speaks the viewer's zone without naming it. */
export function toLocalInput(iso: string): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return '';
  return new Date(instant.getTime() - instant.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Back to an instant; empty when the field is. */
export function fromLocalInput(text: string): string {
  const instant = new Date(text);
  return text === '' || Number.isNaN(instant.getTime()) ? '' : instant.toISOString();
}
