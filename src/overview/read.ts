import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { type Coverage, cutAt } from './coverage.ts';
import {
  BUCKETS_FROM_SECONDS,
  type DeclineFigure,
  type OpenSessions,
  type OverviewRange,
  type ProviderFigure,
  type SessionFigure,
  startOfHour,
  startsOf,
  type TimeToCompletion,
  toProviderFigures,
  toTimeToCompletion,
} from './overview.ts';
import {
  countCompletionsByDuration,
  countDeclines,
  countOpenSessions,
  countSessionsByProvider,
  countSessionsByStart,
  findMark,
  listStaleHours,
} from './store.ts';

type ReadDeps = { readonly database: Database; readonly clock: Clock };

/** The figures of a range, each read when it is asked for. */
export interface Overview {
  readonly range: OverviewRange;
  /** In the order of start, currency and status; what is zero is left out. */
  sessions(): Promise<readonly SessionFigure[]>;
  providers(): Promise<readonly ProviderFigure[]>;
  /** Of transactions that were recorded in the range, whenever their sessions started. */
  declines(): Promise<readonly DeclineFigure[]>;
  timeToCompletion(): Promise<TimeToCompletion>;
  /** As it is now, whatever the range. */
  open(): Promise<OpenSessions>;
}

/**
 * What a merchant's sessions look like in numbers. Every figure is what a plain count of the sessions would give at the moment of
 * the call: hours that are rolled up and untouched since are taken from there, every other is counted.
 */
export function readOverview(deps: ReadDeps, scope: MerchantScope, range: OverviewRange): Overview {
  const { client: tx, inTurn } = deps.database;
  let known: Promise<Coverage> | null = null;
  // Each hour is exact as of an instant within the call, and a session counts in one hour only. So the figures may share this.
  const coverage = (): Promise<Coverage> => (known ??= inTurn(() => findCoverage(deps, scope, range)));
  const covered = async <T>(count: (where: Coverage) => Promise<T>): Promise<T> => {
    const where = await coverage();
    return inTurn(() => count(where));
  };
  return {
    range,
    sessions: () => covered((where) => countSessionsByStart(tx, scope, { coverage: where, starts: startsOf(range) })),
    providers: async () => toProviderFigures(await covered((where) => countSessionsByProvider(tx, scope, where))),
    declines: () => inTurn(() => countDeclines(tx, scope, range)),
    async timeToCompletion() {
      const buckets = { bucketsFromSeconds: BUCKETS_FROM_SECONDS };
      return toTimeToCompletion(await covered((where) => countCompletionsByDuration(tx, scope, { coverage: where, ...buckets })));
    },
    open: () => inTurn(() => countOpenSessions(tx, scope, deps.clock.now())),
  };
}

/**
 * Which hours of the range can be taken from what is rolled up. The mark may be older than what is read with it: an hour that it
 * calls fresh holds what was true a moment ago, or what a sweep has counted since.
 */
async function findCoverage(deps: ReadDeps, scope: MerchantScope, { from, before }: OverviewRange): Promise<Coverage> {
  const tx = deps.database.client;
  const mark = await findMark(tx, scope);
  if (mark === null || mark.rolledUpBefore <= from) return { from, before, rolledUpBefore: startOfHour(from), countedHours: [] };
  const rolledUpBefore = mark.rolledUpBefore < before ? mark.rolledUpBefore : before;
  const staleHours = await listStaleHours(tx, scope, { from, before: rolledUpBefore, changedFrom: mark.changesBefore });
  return cutAt({ from, before, rolledUpBefore, countedHours: staleHours }, [from, before]);
}
