import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, NO_ANSWER } from './ask.ts';

/** A lost answer is asked for again; a refusal is an answer. */
function shouldRetry(failures: number, error: Error): boolean {
  return error instanceof ApiError && error.code === NO_ANSWER && failures < 2;
}

/** Where it is kept whether somebody is signed in. */
export const SIGN_IN = ['sign-in'] as const;

/** What was read, for as long as somebody is signed in. */
export const queries: QueryClient = new QueryClient({
  defaultOptions: { queries: { retry: shouldRetry, staleTime: 2_000 } },
  queryCache: new QueryCache({
    onError(error) {
      // The sign-in has ended meanwhile, by its time or with its key.
      if (error instanceof ApiError && error.code === 'UNAUTHENTICATED') endSignIn();
    },
  }),
});

/** Back to the door. What was read belongs to the merchant who was signed in, so nothing of it stays in memory. */
export function endSignIn(): void {
  queries.setQueryData(SIGN_IN, { expiresAt: null });
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SIGN_IN[0] });
  queries.getMutationCache().clear();
}
