import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider, useQuery } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect } from 'react';
import { queries, SIGN_IN, startAnew } from './api/queries.ts';
import { enter, hasLinkCode } from './api/sign-in.ts';
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
  const { data, error, refetch } = useQuery({ queryKey: SIGN_IN, queryFn: enter, staleTime: Number.POSITIVE_INFINITY });
  useEffect(() => {
    // A link that is pasted into this tab changes no more of the address than its end.
    const useLink = (): void => (hasLinkCode() ? startAnew() : undefined);
    window.addEventListener('hashchange', useLink);
    return () => window.removeEventListener('hashchange', useLink);
  }, []);
  if (data === undefined && error !== null) {
    return (
      <main className="sign-in">
        <LoadFailure error={error} retry={() => void refetch()} />
      </main>
    );
  }
  if (data === undefined) return <main className="sign-in" aria-busy="true" />;
  return data.id === null ? <SignInPage problem={data.problem ?? null} /> : <RouterProvider router={router} />;
}
