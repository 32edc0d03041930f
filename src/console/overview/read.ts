import { OverviewDocument } from '../../generated/console/graphql.ts';
import { ApiError, ask } from '../api/ask.ts';
import { now } from '../clock.ts';
import type { RangeName } from './range.ts';
import { type Overview, toRangeInput } from './series.ts';

export interface ShownOverview {
  readonly overview: Overview;
  /** The zone of this browser, where the gateway does not know it. */
  readonly unknownZone: string | null;
}

/** Reads the figures by the days of this browser's zone. Where the gateway does not know the zone, by the days of UTC. */
export async function readOverview(range: RangeName, signal: AbortSignal): Promise<ShownOverview> {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || null;
  try {
    const { overview } = await ask(OverviewDocument, { range: toRangeInput(range, now(), zone) }, signal);
    return { overview: { ...overview, isInUtc: zone === null }, unknownZone: null };
  } catch (error) {
    if (zone === null || !isZoneRefused(error)) throw error;
    const { overview } = await ask(OverviewDocument, { range: toRangeInput(range, now(), null) }, signal);
    return { overview: { ...overview, isInUtc: true }, unknownZone: zone };
  }
}

function isZoneRefused(error: unknown): boolean {
  return error instanceof ApiError && error.issues.some(({ path }) => path.at(-1) === 'timeZone');
}
