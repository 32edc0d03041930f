import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Count } from '../kernel/count.ts';
import type { DueWork } from '../kernel/due-work.ts';
import type { Logger } from '../kernel/log.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Vault } from '../kernel/secret.ts';
import type { EffectKind, Provider, ProviderAccount, ProviderName } from '../providers/provider.ts';
import type { OperationHandlers } from './handler.ts';

/** A way to name a provider account: by its id, or by provider for the merchant's default one. */
export type AccountSelector = { readonly merchantTransactionProviderId: string } | { readonly transactionProvider: ProviderName };

/** Where operations get provider accounts from; credentials come decrypted. */
export interface ProviderAccounts {
  /** An enabled account of the merchant, or why there is none. */
  find(scope: MerchantScope, by: AccountSelector): Promise<Result<ProviderAccount>>;
  /** The account of something that exists already, enabled or not. */
  get(scope: MerchantScope, accountId: string): Promise<ProviderAccount>;
}

/**
 * The moments between two commits or calls at which a process can die, by what was just done. A test ends the process at
 * each of them, for every call that changes something at a provider and for the look-up that verify, webhooks and polls make.
 */
export const STEPS = {
  effect: ['recorded', 'answered', 'saved'],
  lookUp: ['observed', 'applied'],
} as const;
export type Step = (typeof STEPS)['effect' | 'lookUp'][number];

/** What operations use, and so every feature that has some. Each function takes its part. */
export interface Deps {
  readonly database: Database;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly log: Logger;
  readonly settings: {
    /** How long one call to a provider may take. */
    readonly providerDeadlineMs: number;
    /** How long an operation belongs to the process that runs it; longer than the deadline. */
    readonly operationLeaseMs: number;
  };
  readonly accounts: ProviderAccounts;
  readonly provider: (name: ProviderName) => Provider;
  readonly handlers: OperationHandlers;
  /** Tells this process among several gateways on one database. */
  readonly processId: string;
  /** Called at each of STEPS; does nothing outside of tests. */
  readonly onStep: (operation: EffectKind | 'LOOK_UP', step: Step) => void;
  readonly count: Count;
  /** Runs work in the background now, bounded as all deferred work is. It has no row: a stop or a crash ends it. */
  readonly later: (work: DueWork) => void;
}
