import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { queries, SIGN_IN } from './api/queries.ts';
import { readSignIn } from './api/sign-in.ts';
import { LoadFailure } from './parts/notice.tsx';
import { router } from './router.tsx';
import { SignInPage } from './sign-in/sign-in-page.tsx';

export function App() {
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <Gate />
      </QueryClientProvider>
    </CSPProvider>
  );
}

function Gate() {
  const { data, error, refetch } = useQuery({ queryKey: SIGN_IN, queryFn: readSignIn, staleTime: Number.POSITIVE_INFINITY });
  if (error !== null) {
    return (
      <main className="sign-in">
        <LoadFailure error={error} retry={() => void refetch()} />
      </main>
    );
  }
  if (data === undefined) return <main className="sign-in" aria-busy="true" />;
  return data.expiresAt === null ? <SignInPage /> : <RouterProvider router={router} />;
}
