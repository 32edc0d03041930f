import type { MerchantScope } from '../kernel/scope.ts';
import type { Deps as OperationDeps } from '../operations/deps.ts';

/** What customers use besides operations: the sessions, which stand above them and are called back. */
export interface Deps extends OperationDeps {
  readonly sessions: {
    /** Cancels what a customer could still pay, as far as the provider allows. */
    closeOpenOf(scope: MerchantScope, customerId: string): Promise<void>;
  };
}
