import type { Database, Tx } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Vault } from '../kernel/secret.ts';
import type { EffectKind, Provider, ProviderAccount, ProviderName, SessionReference } from '../providers/provider.ts';
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

/** What transactions need of the sessions they came from, which stand above them. */
export interface SessionsPort {
  /** How the session is named towards its provider; null before the provider has answered its start. */
  reference(scope: MerchantScope, sessionId: string): Promise<SessionReference | null>;
  /** Asks the provider and applies what it says. */
  refresh(scope: MerchantScope, sessionId: string): Promise<Result<unknown>>;
  /** Cancels what a customer could still pay, as far as the provider allows. */
  closeOpenOf(scope: MerchantScope, customerId: string): Promise<void>;
}

/** Every place outside the customers' own table that holds personal data. */
export interface PersonalData {
  /** Blanks what the feature knows of a customer, in the caller's transaction. */
  blank(tx: Tx, scope: MerchantScope, customerId: string): Promise<void>;
}

/** What operations need to know of merchants. */
export interface Merchants {
  /** Origins that a start's returnUrl may lead to. */
  returnOrigins(scope: MerchantScope): Promise<readonly string[]>;
  /** The id that everybody may know, for links. */
  publicId(scope: MerchantScope): Promise<string>;
}

export interface Settings {
  /** How long a session can be paid unless its start says less or its provider allows less. */
  readonly sessionLifeMs: number;
  /** How long one call to a provider may take. */
  readonly providerDeadlineMs: number;
  /** How long an operation belongs to the process that runs it; longer than the deadline. */
  readonly operationLeaseMs: number;
  /** Where browsers reach this gateway, without a slash at the end. */
  readonly publicUrl: string;
  /** Where the console is, if not there. */
  readonly consoleOrigin: string | null;
  /** Whether the console can be signed in to. */
  readonly hasConsole: boolean;
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

/** What the composition root hands to operations. Each takes the part that it uses. */
export interface Deps {
  readonly database: Database;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly log: Logger;
  readonly settings: Settings;
  readonly accounts: ProviderAccounts;
  readonly merchants: Merchants;
  readonly provider: (name: ProviderName) => Provider;
  readonly handlers: OperationHandlers;
  readonly sessions: SessionsPort;
  readonly personalData: PersonalData;
  /** Tells this process among several gateways on one database. */
  readonly processId: string;
  /** Called at each of STEPS; does nothing outside of tests. */
  readonly onStep: (operation: EffectKind | 'LOOK_UP', step: Step) => void;
  /** Counts something that an operator wants to see in the metrics. */
  readonly count: (counter: Counter, label: string) => void;
  /** Lets the job runner look for due work now instead of at its next round. */
  readonly wakeJobs: () => void;
}

export type Counter = 'provider_failures' | 'unknown_statuses' | 'alerts' | 'webhooks' | 'operations_parked';
