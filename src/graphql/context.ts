import type { Deps } from '../deps.ts';
import type { Loaders } from '../endpoint/loaders.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Holder } from '../live/stream.ts';

/** Which credential was shown: streams are counted by it, and end with it. */
interface Shown {
  readonly holder: Holder;
}

/** Who asks. Only a viewer that was looked at has a scope, so a resolver cannot reach data without checking who asks. */
export type Viewer =
  /** By a secret key, or at a console that was signed in to; without a key of its own where a link opened that. */
  | (Shown & { readonly kind: 'secret'; readonly scope: MerchantScope; readonly keyId: string | null })
  | (Shown & { readonly kind: 'publishable'; readonly scope: MerchantScope })
  | (Shown & { readonly kind: 'session'; readonly scope: MerchantScope; readonly sessionId: string })
  | { readonly kind: 'anonymous' };

export interface GraphqlContext {
  readonly viewer: Viewer;
  readonly deps: Deps;
  readonly requestId: string;
  /** Per request: what was loaded once is not loaded again. Null for anonymous viewers. */
  readonly loaders: Loaders | null;
}
