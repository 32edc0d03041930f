import type { Bank } from '../bank/bank.ts';
import type { Sign } from '../bank/ids.ts';
import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AccountBook } from './accounts.ts';
import type { FaultBook } from './faults.ts';
import type { RequestLog } from './requests.ts';
import type { MovableClock } from './time.ts';

/** What every part of the simulator works with. */
export interface SimulatorDeps {
  readonly database: Database;
  readonly bank: Bank;
  readonly clock: MovableClock;
  readonly wireClock: Clock;
  /** Makes what cannot be guessed out of what can. */
  readonly sign: Sign;
  readonly accounts: AccountBook;
  readonly faults: FaultBook;
  readonly requests: RequestLog;
  /** Where browsers reach the simulator, without a slash at the end. */
  readonly url: () => string;
}

export function challengeUrlOf(deps: SimulatorDeps, challengeId: string): string {
  return `${deps.url()}/simulator/challenge/${challengeId}`;
}
