import type { Bank } from '../bank/bank.ts';
import type { OutboundFetch } from '../kernel/proxy.ts';
import { withCleanTexts } from './clean.ts';
import { createExampleProvider } from './example/example.ts';
import { createNuveiProvider } from './nuvei/nuvei.ts';
import type { Provider, ProviderAccount, ProviderName } from './provider.ts';
import { createStripeProvider } from './stripe/stripe.ts';

/** What adapters are made of. Each takes the part that it uses. */
export interface AdapterParts {
  readonly bank: Bank;
  /** Where browsers reach this gateway, without a slash at the end. */
  readonly publicUrl: string;
  /** Where the provider notifies us of the account's payments: an absolute URL. */
  readonly webhookUrl: (account: ProviderAccount) => string;
  /** How long one request may take. */
  readonly deadlineMs: number;
  /** The way through a proxy; null for a direct one. */
  readonly outboundFetch: OutboundFetch | null;
}

const ADAPTERS: Readonly<Record<ProviderName, (parts: AdapterParts) => Provider>> = {
  EXAMPLE: createExampleProvider,
  STRIPE: createStripeProvider,
  NUVEI: createNuveiProvider,
};

export function createProviders(parts: AdapterParts): readonly Provider[] {
  return Object.values(ADAPTERS).map((create) => create(parts));
}

export interface ProviderRegistry {
  /** Null for a provider that this gateway does not serve. */
  find(name: ProviderName): Provider | null;
  /** Of the providers that are served, in the order they were entered. */
  readonly names: readonly ProviderName[];
}

/** Throws when two providers share a name. */
export function createRegistry(providers: readonly Provider[]): ProviderRegistry {
  const byName = new Map(providers.map((provider) => [provider.name, withCleanTexts(provider)]));
  if (byName.size !== providers.length) throw new Error('Each provider is registered once.');
  return { find: (name) => byName.get(name) ?? null, names: [...byName.keys()] };
}
