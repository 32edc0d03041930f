import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, isLost } from './ask.ts';

/** A lost answer is asked for again; a refusal is an answer. */
function shouldRetry(failures: number, error: Error): boolean {
  return isLost(error) && failures < 2;
}

/** Where it is kept whether somebody is signed in, and by what the call that signs in is known. */
export const SIGN_IN = ['sign-in'] as const;

// Without a network a request fails and says so. It is never held back to be sent later, when nobody expects it any more.
const networkMode = 'always';

/** What was read, for as long as somebody is signed in. */
export const queries: QueryClient = new QueryClient({
  defaultOptions: { queries: { retry: shouldRetry, staleTime: 2_000, networkMode }, mutations: { networkMode } },
  queryCache: new QueryCache({ onError: leaveWhenRefused }),
  mutationCache: new MutationCache({
    // A key that is refused at the door ends nothing.
    onError: (error, ...[, , { options }]) => {
      if (options.mutationKey !== SIGN_IN) leaveWhenRefused(error);
    },
  }),
});

/** The sign-in has ended, by its time or with its key, or another one has taken its place in this browser. */
function leaveWhenRefused(error: Error): void {
  if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') startAnew();
}

/** Looks who is signed in now. What was read belongs to the merchant who was, so nothing of it stays in memory. */
export function startAnew(): void {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SIGN_IN[0] });
  queries.getMutationCache().clear();
  void queries.resetQueries({ queryKey: SIGN_IN });
}
