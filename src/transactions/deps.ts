import type { Result } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps as OperationDeps } from '../operations/deps.ts';
import type { SessionReference } from '../providers/provider.ts';

/** What transactions use besides operations: the sessions they came from, which stand above them and are called back. */
export interface Deps extends OperationDeps {
  readonly sessions: {
    /** How the session is named in a recorded request, without what names the payer; null before the provider has answered its start. */
    reference(scope: MerchantScope, sessionId: string): Promise<SessionReference | null>;
    /** Asks the provider and applies what it says. */
    refresh(scope: MerchantScope, sessionId: string): Promise<Result<unknown>>;
  };
}
