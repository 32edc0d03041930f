import type { Tx } from '../database/database.ts';
import type { EffectKind, EffectShapes, ProviderFailure } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import type { Operation } from './operation.ts';

/**
 * What a feature does with the end of its operations. Each function runs inside the transaction that closes or releases
 * the operation, so that the news and its record are one commit. None may wait for the network.
 */
export interface OperationHandler<Kind extends EffectKind> {
  /** The provider answered. */
  onAnswer(deps: Deps, tx: Tx, news: { operation: Operation<Kind>; answer: EffectShapes[Kind]['answer'] }): Promise<void>;
  /** The provider refused, and nothing was or will be done. */
  onRefusal(deps: Deps, tx: Tx, news: { operation: Operation<Kind>; failure: ProviderFailure }): Promise<void>;
  /** No answer to trust: it may have been done. Called again for every lost attempt. */
  onLoss(deps: Deps, tx: Tx, operation: Operation<Kind>): Promise<void>;
}

/** One handler for each kind; put together in app.ts, because operations stand below the features. */
export type OperationHandlers = { readonly [Kind in EffectKind]: OperationHandler<Kind> };
