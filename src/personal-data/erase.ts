import type { Database, Tx } from '../database/database.ts';
import type { NewEvent } from '../events/event.ts';
import { insertEvents } from '../events/store.ts';
import type { Clock } from '../kernel/clock.ts';
import type { JsonObject } from '../kernel/json.ts';
import { type MerchantScope, scopeOf } from '../kernel/scope.ts';
import type { Vault } from '../kernel/secret.ts';
import { eraseRequest, eraseState } from './requests.ts';
import {
  blankColumns,
  type ErasureSubject,
  hasNewRows,
  type LockedRows,
  lockAll,
  type SealedRow,
  saveRequest,
  saveState,
} from './store.ts';

interface EraseDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly vault: Vault;
}

export interface ErasureWork {
  readonly subject: ErasureSubject;
  readonly event: NewEvent;
  /** Withdraws methods in the same commit, with all rows locked and nothing blanked yet. Returns their ids. */
  readonly withdraw?: (tx: Tx) => Promise<readonly string[]>;
}

const ATTEMPTS_MAX = 10;

/**
 * Blanks every place of `places.ts` for a customer or for one session, and records the event, in one commit. Marks the rows, so that
 * late news writes nothing personal back.
 *
 * Rows are locked in the order of `database/lock.ts`. A row that was recorded meanwhile, such as a charge, cannot be locked in that
 * order any more: then everything is begun again. Once all are locked, no further one can come: a session needs its customer's row, an
 * attempt its session's, a refund its payment's and a charge its method's. Returns the ids of the methods that were withdrawn.
 */
export async function erasePersonalData(deps: EraseDeps, scope: MerchantScope, erasure: ErasureWork): Promise<readonly string[]> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const withdrawn = await deps.database.inTransaction(async (tx) => {
      const before = await lockAll(tx, scope, erasure.subject);
      if (await hasNewRows(tx, scope, { subject: erasure.subject, locked: before })) return null;
      const methodIds = (await erasure.withdraw?.(tx)) ?? [];
      const now = deps.clock.now();
      for (const row of before.operations) await stripRequest(deps, tx, { scope, row, now });
      for (const row of before.sessions) await stripState(deps, tx, { scope, row });
      await blankColumns(tx, scope, { rows: before, subject: erasure.subject, now });
      await insertEvents(tx, { scope, source: 'API', now }, [erasure.event]);
      return methodIds;
    });
    if (withdrawn !== null) return withdrawn;
  }
  throw new Error('Calls to the provider were recorded again and again while personal data was to be erased.');
}

/** A request that would be sent otherwise than before is marked: its operation is looked up and not sent under its key again. */
async function stripRequest(
  { vault }: EraseDeps,
  tx: Tx,
  stripped: { scope: MerchantScope; row: LockedRows['operations'][number]; now: Date },
): Promise<void> {
  const { scope, row, now } = stripped;
  if (row.sealed === null) return;
  const place = { column: 'operations.request', row: { ...scopeOf(scope), id: row.id } } as const;
  const { request, hasChanged } = eraseRequest(row.kind, vault.open(place, row.sealed) as object);
  const erasedAt = hasChanged ? now : null;
  await saveRequest(tx, scope, { id: row.id, sealed: vault.seal(place, request), erasedAt });
}

async function stripState({ vault }: EraseDeps, tx: Tx, stripped: { scope: MerchantScope; row: SealedRow }): Promise<void> {
  const { scope, row } = stripped;
  if (row.sealed === null) return;
  const place = { column: 'sessions.provider_state', row: { ...scopeOf(scope), id: row.id } } as const;
  const state = eraseState(vault.open(place, row.sealed) as JsonObject);
  await saveState(tx, scope, { id: row.id, sealed: vault.seal(place, state) });
}
