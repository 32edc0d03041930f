import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent } from '@tanstack/react-router';
import { parseDeliveries, parseTab } from './developers/tabs.ts';
import { parseRange } from './overview/range.ts';
import { Empty, LoadFailure } from './parts/notice.tsx';
import { parseSearch } from './sessions/search.ts';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: parseRange,
  component: lazyRouteComponent(() => import('./overview/overview-page.tsx'), 'OverviewPage'),
});
const sessions = createRoute({
  getParentRoute: () => root,
  path: '/sessions',
  validateSearch: parseSearch,
  component: lazyRouteComponent(() => import('./sessions/sessions-page.tsx'), 'SessionsPage'),
});
const session = createRoute({
  getParentRoute: () => root,
  path: '/sessions/$id',
  component: lazyRouteComponent(() => import('./session/session-page.tsx'), 'SessionPage'),
});
const developers = createRoute({
  getParentRoute: () => root,
  path: '/developers',
  validateSearch: parseTab,
  component: lazyRouteComponent(() => import('./developers/developers-page.tsx'), 'DevelopersPage'),
});

const endpoint = createRoute({
  getParentRoute: () => root,
  path: '/developers/webhooks/$id',
  validateSearch: parseDeliveries,
  component: lazyRouteComponent(() => import('./developers/endpoint-page.tsx'), 'EndpointPage'),
});

export const router = createRouter({
  basepath: '/console',
  routeTree: root.addChildren([overview, sessions, session, developers, endpoint]),
  // The address holds plain texts: it is read by people, and sent to others.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    const text = new URLSearchParams(entries).toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
    return text === '' ? '' : `?${text}`;
  },
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultErrorComponent: ({ reset }) => <LoadFailure error={new Error('This page broke down.')} retry={reset} />,
});

declare module '@tanstack/react-router' {
  interface Register {
    readonly router: typeof router;
  }
}

function NotFound() {
  return (
    <Empty title="There is no such page">
      <title>No such page · Tollgate</title>
      <p>
        <Link to="/">To the overview</Link>
      </p>
    </Empty>
  );
}
