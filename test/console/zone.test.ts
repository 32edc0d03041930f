import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readOverview } from '../../src/console/overview/read.ts';
import { isTimeZone } from '../../src/overview/zone.ts';

/** Answers as the API does: a zone that the server does not know is refused with its path. */
const asked: string[] = [];
/** Found out before the tests pretend to be in another zone. */
const KNOWN = ['UTC', 'Asia/Tokyo', 'Etc/Unknown', 'Mars/Olympus_Mons', '+02:00'].filter(isTimeZone);
function answer(_path: unknown, init: { readonly body: string }): Promise<Response> {
  const { range } = (JSON.parse(init.body) as { variables: { range: { timeZone: string } } }).variables;
  asked.push(range.timeZone);
  const issues = [{ path: ['range', 'timeZone'], message: 'This is not a time zone.' }];
  const refusal = { errors: [{ message: 'One problem.', extensions: { code: 'BAD_USER_INPUT', issues } }] };
  return Promise.resolve(Response.json(KNOWN.includes(range.timeZone) ? { data: { overview: { sessions: [] } } } : refusal));
}

function beIn(timeZone: string): void {
  vi.spyOn(Intl.DateTimeFormat.prototype, 'resolvedOptions').mockReturnValue({ timeZone } as never);
}

describe('the overview of a browser', () => {
  beforeEach(() => {
    asked.length = 0;
    vi.stubGlobal('fetch', answer);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test.each(['Etc/Unknown', 'Mars/Olympus_Mons', '+02:00'])('in the zone %s is read by UTC, and says so', async (zone) => {
    beIn(zone);
    const { overview, unknownZone } = await readOverview('month', new AbortController().signal);
    expect({ asked, unknownZone, isInUtc: overview.isInUtc }).toEqual({ asked: [zone, 'UTC'], unknownZone: zone, isInUtc: true });
  });

  test('without any zone is read by UTC', async () => {
    beIn('');
    const { overview, unknownZone } = await readOverview('month', new AbortController().signal);
    expect({ asked, unknownZone, isInUtc: overview.isInUtc }).toEqual({ asked: ['UTC'], unknownZone: null, isInUtc: true });
  });

  test('in a zone that the gateway knows is read by that zone', async () => {
    beIn('Asia/Tokyo');
    const { overview, unknownZone } = await readOverview('month', new AbortController().signal);
    expect({ asked, unknownZone, isInUtc: overview.isInUtc }).toEqual({
      asked: ['Asia/Tokyo'],
      unknownZone: null,
      isInUtc: false,
    });
  });
});
