import { type Refusal, refusal } from '../kernel/refusal.ts';
import type { ProviderFailure } from '../providers/provider.ts';

/** What a caller is told when a read of the provider failed. A read changes nothing, so nothing can be unknown after it. */
export function refuseFailedRead(failure: ProviderFailure, details: Readonly<Record<string, string>>): Refusal {
  switch (failure.category) {
    case 'PROVIDER_AUTH':
    case 'INVALID_REQUEST':
    case 'CONFLICT':
    case 'NOT_FOUND':
    case 'PROGRAMMING_ERROR':
      return refusal(
        'PROVIDER_REJECTED',
        'The provider refused to tell about this object. Check the account’s credentials.',
        details,
      );
    case 'UNSUPPORTED':
      return refusal('UNSUPPORTED', 'The provider does not offer this look-up.', details);
    case 'RATE_LIMITED':
    case 'UNAVAILABLE':
    case 'UNKNOWN_OUTCOME':
      return refusal('PROVIDER_UNAVAILABLE', 'The provider did not answer. Nothing was changed: ask again.', details);
  }
}

/** For a name that objects of several provider accounts have. Nothing was done: to choose one would be a guess. */
export function refuseAmbiguousName(by: object, found: readonly { provider: string }[]): Refusal {
  const [field] = Object.keys(by);
  const providers = found.map(({ provider }) => provider).join(' and ');
  return refusal(
    'BAD_USER_INPUT',
    `${field}: this name has an object at ${providers} each. Name the one that you mean by its id.`,
  );
}
