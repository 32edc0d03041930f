import type { Tx } from '../database/database.ts';
import type { EffectKind, EffectShapes, ProviderFailure } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import type { Operation } from './operation.ts';

/**
 * What a feature does with the end of its operations. Each function runs inside the transaction that closes or releases
 * the operation, so that the news and its record are one commit. None may wait for the network.
 */
export interface OperationHandler<Kind extends EffectKind, With extends Deps = Deps> {
  /**
   * Why the call must not be sent any more, asked before each attempt but the first; null when it may. One that may have been sent
   * before is then only looked up.
   */
  refuseSend?(deps: With, operation: Operation<Kind>): Promise<ProviderFailure | null>;
  /** The provider answered. */
  onAnswer(deps: With, tx: Tx, news: { operation: Operation<Kind>; answer: EffectShapes[Kind]['answer'] }): Promise<void>;
  /** The provider refused, and nothing was or will be done. */
  onRefusal(deps: With, tx: Tx, news: { operation: Operation<Kind>; failure: ProviderFailure }): Promise<void>;
  /** No answer to trust: it may have been done. Called again for every lost attempt. */
  onLoss(deps: With, tx: Tx, operation: Operation<Kind>): Promise<void>;
}

/**
 * One handler for each kind; put together in app.ts, because operations stand below the features. A handler gets all that app.ts
 * hands out, of which operations know their own part.
 */
export type OperationHandlers<With extends Deps = Deps> = { readonly [Kind in EffectKind]: OperationHandler<Kind, With> };
