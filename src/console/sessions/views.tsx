import { Link } from '@tanstack/react-router';
import type { SessionsSearch } from './search.ts';

/** Views that most people want at once. Every other one is saved by keeping its link. */
const VIEWS: readonly (readonly [name: string, search: SessionsSearch])[] = [
  ['All', {}],
  ['Open', { status: 'PENDING,ACTIVE,UNKNOWN' }],
  ['Completed', { status: 'COMPLETED' }],
  ['Declined', { status: 'DECLINED' }],
  ['Needs attention', { attention: 'yes' }],
];

export function Views({ search }: { readonly search: SessionsSearch }) {
  const current = JSON.stringify(conditionsOf(search));
  return (
    <nav className="views" aria-label="Views">
      {VIEWS.map(([name, view]) => (
        <Link
          key={name}
          to="/sessions"
          // A view stays the current one on its later pages and in another order.
          search={JSON.stringify(view) === current ? search : view}
          activeOptions={{ exact: true, includeSearch: true }}
          className="view"
        >
          {name}
        </Link>
      ))}
    </nav>
  );
}

function conditionsOf({ sort: _sort, after: _after, before: _before, ...conditions }: SessionsSearch): SessionsSearch {
  return conditions;
}
