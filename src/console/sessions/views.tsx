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
          search={search.sort === undefined ? view : { ...view, sort: search.sort }}
          activeProps={{}}
          // A view stays the current one on its later pages and in another order.
          aria-current={JSON.stringify(view) === current ? 'page' : undefined}
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
