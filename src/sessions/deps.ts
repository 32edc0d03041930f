import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps as TransactionDeps } from '../transactions/deps.ts';

/** What sessions use besides transactions. */
export type Deps = TransactionDeps & {
  /** How long a session can be paid unless its start says less or its provider allows less. */
  readonly settings: { readonly sessionLifeMs: number };
  readonly merchants: {
    /** Origins that a start's returnUrl may lead to. */
    returnOrigins(scope: MerchantScope): Promise<readonly string[]>;
  };
};
