import { DAY_MS, SECOND_MS } from '../kernel/clock.ts';

const PAUSE_MAX_MS = 30 * DAY_MS;

/**
 * The pause that a `Retry-After` header asks for, in milliseconds: from seconds, or from an instant such as
 * `Fri, 27 Nov 2026 00:00:00 GMT` (RFC 9110). At least 0 and at most 30 days; null when there is none or it is malformed.
 */
export function readRetryAfter(header: string | undefined, now: Date): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * SECOND_MS, PAUSE_MAX_MS);
  const instantMs = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(instantMs) ? null : Math.min(Math.max(instantMs - now.getTime(), 0), PAUSE_MAX_MS);
}
