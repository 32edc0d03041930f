import { readUnsent } from '../kernel/unsent.ts';
import { type ProviderAccount, type ProviderCall, ProviderFailure } from '../providers/provider.ts';
import type { Deps } from './deps.ts';

export type CallResult<T> =
  | { readonly isAnswered: true; readonly answer: T }
  | { readonly isAnswered: false; readonly failure: ProviderFailure };

type CallDeps = Pick<Deps, 'clock' | 'settings' | 'log' | 'count'>;

/**
 * The one place where a provider is called: sets the deadline and turns everything that an adapter throws into a value.
 * What is not a ProviderFailure counts as UNKNOWN_OUTCOME, because it may come after the request has left, unless it proves otherwise.
 * No database transaction may be open around it.
 */
export async function callProvider<T>(
  deps: CallDeps,
  account: ProviderAccount,
  call: (call: ProviderCall) => Promise<T>,
): Promise<CallResult<T>> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deps.settings.providerDeadlineMs);
  try {
    const answer = await Promise.race([
      call({ account, signal: deadline.signal, now: deps.clock.now() }),
      rejectWhenAborted(deadline.signal),
    ]);
    return { isAnswered: true, answer };
  } catch (thrown) {
    const failure = thrown instanceof ProviderFailure ? thrown : toFailure(thrown);
    deps.count('provider_failures', failure.category);
    deps.log.warn(
      {
        provider: account.provider,
        accountId: account.id,
        category: failure.category,
        rawCode: failure.rawCode,
        error: failure.cause,
      },
      'provider call failed',
    );
    return { isAnswered: false, failure };
  } finally {
    clearTimeout(timer);
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = () => reject(new ProviderFailure('UNKNOWN_OUTCOME', 'The provider did not answer in time.', 'deadline'));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function toFailure(thrown: unknown): ProviderFailure {
  const isUnsent = readUnsent(thrown) !== null;
  const failure = isUnsent
    ? new ProviderFailure('UNAVAILABLE', 'The provider could not be reached.', 'unreachable')
    : new ProviderFailure('UNKNOWN_OUTCOME', 'The call to the provider broke off.');
  failure.cause = thrown;
  return failure;
}
