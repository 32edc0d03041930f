import type { LedgerFilter } from '../database/filter.ts';
import type { Page } from '../kernel/paging.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { ProviderName, SessionKind } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import { countSessionRows, readSessionPage, readSummaryPage, type SessionPageQuery } from './list-store.ts';
import type { Session, SessionStatus, SessionSummary } from './session.ts';

export interface SessionFilter extends LedgerFilter {
  readonly statuses?: readonly SessionStatus[];
  readonly kinds?: readonly SessionKind[];
  readonly providers?: readonly ProviderName[];
  /** True: the provider reported an error; false: it did not. */
  readonly hasProviderError?: boolean;
  /** True: the payer has opened or tried it, or it has ended; false: nobody has. */
  readonly isStarted?: boolean;
  /** What a person would look for: see `isFoundBy`. */
  readonly search?: string;
  /** True: a person should look at it; false: nobody need. */
  readonly isStuck?: boolean;
  /** Inclusive. */
  readonly updatedFrom?: Date;
}

export interface SessionSort {
  readonly field: 'CREATED_AT' | 'UPDATED_AT' | 'AMOUNT';
  readonly order: 'ASC' | 'DESC';
}

type ListDeps = Pick<Deps, 'database' | 'clock'>;
type Query = Omit<SessionPageQuery, 'now'>;

/** One page of the merchant's sessions. Refuses a cursor of another list or order. */
export function listSessions({ database, clock }: ListDeps, scope: MerchantScope, query: Query): Promise<Result<Page<Session>>> {
  return readSessionPage(database.client, scope, { ...query, now: clock.now() });
}

/** The same with what lists show of a session, for less. */
export function listSummaries(deps: ListDeps, scope: MerchantScope, query: Query): Promise<Result<Page<SessionSummary>>> {
  return readSummaryPage(deps.database.client, scope, { ...query, now: deps.clock.now() });
}

export async function countSessions({ database, clock }: ListDeps, scope: MerchantScope, filter: SessionFilter): Promise<number> {
  return database.inTurn(() => countSessionRows(database.client, scope, { filter, now: clock.now() }));
}
