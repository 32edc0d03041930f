import type { Deps as JobDeps } from '../jobs/deps.ts';
import type { Provider, ProviderName } from '../providers/provider.ts';

/** What the intake of notifications uses besides jobs. Each function takes its part. */
export interface Deps extends JobDeps {
  readonly provider: (name: ProviderName) => Provider;
}
