import { getRouteApi, Link } from '@tanstack/react-router';
import { Accounts } from './accounts.tsx';
import { Endpoints } from './endpoints.tsx';
import { Keys } from './keys.tsx';
import { TABS, type Tab } from './tabs.ts';
import { Webhooks } from './webhooks.tsx';

const route = getRouteApi('/developers');
const PARTS: Readonly<Record<Tab, () => React.ReactNode>> = {
  keys: Keys,
  endpoints: Endpoints,
  accounts: Accounts,
  webhooks: Webhooks,
};

/** For whoever connects a backend or a provider. */
export function DevelopersPage() {
  const { tab = 'keys' } = route.useSearch();
  const Part = PARTS[tab];
  return (
    <>
      <title>{`${TABS[tab]} · Tollgate`}</title>
      <div className="page-head">
        <h1>Developers</h1>
      </div>
      <nav className="views" aria-label="Parts of this page">
        {Object.entries(TABS).map(([name, title]) => (
          <Link
            key={name}
            to="/developers"
            search={name === 'keys' ? {} : { tab: name as Tab }}
            activeOptions={{ exact: true, includeSearch: true }}
            className="view"
          >
            {title}
          </Link>
        ))}
      </nav>
      <Part />
    </>
  );
}
