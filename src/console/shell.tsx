import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { Code, LayoutDashboard, List, LogOut } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { WhoAmIDocument } from '../generated/console/graphql.ts';
import { ask } from './api/ask.ts';
import { startAnew } from './api/queries.ts';
import { signOut } from './api/sign-in.ts';
import { Badge } from './parts/badge.tsx';
import { Button } from './parts/button.tsx';

/** What stands around every page: whose data it is, the way to the other pages, and the way out. */
export function Shell() {
  const { data } = useQuery({ queryKey: ['merchant'], queryFn: () => ask(WhoAmIDocument, {}), staleTime: 60_000 });
  const merchant = data?.merchant;
  // Only an answer tells that the sign-in has ended: on a shared machine a cookie that lives on must not look like none.
  const leaving = useMutation({ mutationFn: signOut, onSuccess: startAnew });
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="bar">
        <Link to="/" className="brand" aria-label="Tollgate, overview">
          <span className="brand-mark" aria-hidden="true" /> Tollgate
        </Link>
        <div className="whose">
          <span className="merchant-name">{merchant?.name}</span>
          {merchant !== undefined && (
            <Badge tone={merchant.environment === 'LIVE' ? 'good' : 'warn'}>
              {merchant.environment === 'LIVE' ? 'Live' : 'Test data'}
            </Badge>
          )}
        </div>
        <Navigation />
        <SignOut isBusy={leaving.isPending} leave={leaving.mutate} />
      </header>
      {leaving.error !== null && (
        <p className="bar-alert" role="alert">
          You are still signed in: {leaving.error.message}
        </p>
      )}
      <Content />
    </div>
  );
}

function Navigation() {
  return (
    <nav className="nav" aria-label="Pages">
      <Link to="/" activeOptions={{ exact: true, includeSearch: false }}>
        <LayoutDashboard size={16} aria-hidden="true" /> Overview
      </Link>
      <Link to="/sessions" activeOptions={{ includeSearch: false }}>
        <List size={16} aria-hidden="true" /> Sessions
      </Link>
      <Link to="/developers" activeOptions={{ includeSearch: false }}>
        <Code size={16} aria-hidden="true" /> Developers
      </Link>
    </nav>
  );
}

function SignOut({ isBusy, leave }: { readonly isBusy: boolean; readonly leave: () => void }) {
  return (
    <Button tone="bare" isBusy={isBusy} onClick={leave} icon={<LogOut size={16} aria-hidden="true" />}>
      Sign out
    </Button>
  );
}

/** A new page is announced by its heading: the focus goes to where its content begins. */
function Content() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const main = useRef<HTMLElement>(null);
  const previous = useRef(path);
  useEffect(() => {
    if (previous.current !== undefined && previous.current !== path) main.current?.focus({ preventScroll: true });
    previous.current = path;
  }, [path]);
  return (
    <main id="content" className="content" tabIndex={-1} ref={main}>
      <Outlet />
    </main>
  );
}
