import type { Provider, ProviderName } from './provider.ts';

export interface ProviderRegistry {
  /** Null for a provider that this gateway does not serve. */
  find(name: ProviderName): Provider | null;
  /** Of the providers that are served, in the order they were entered. */
  readonly names: readonly ProviderName[];
}

/** Throws when two providers share a name: that is a mistake in the composition root. */
export function createRegistry(providers: readonly Provider[]): ProviderRegistry {
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  if (byName.size !== providers.length) throw new Error('Each provider is registered once.');
  return { find: (name) => byName.get(name) ?? null, names: [...byName.keys()] };
}
