import { Link } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { changed, type SessionsSearch } from './search.ts';

interface PagerProps {
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly search: SessionsSearch;
  readonly children: ReactNode;
}

/** Pages are places in the list, not numbers: each costs the same, however deep. */
export function Pager({ pageInfo, search, children }: PagerProps) {
  const isFirst = search.after === undefined && search.before === undefined;
  const start = changed(search, {});
  const earlier = pageInfo.hasPreviousPage && pageInfo.startCursor !== null ? { ...start, before: pageInfo.startCursor } : null;
  const later = pageInfo.hasNextPage && pageInfo.endCursor !== null ? { ...start, after: pageInfo.endCursor } : null;
  return (
    <nav className="pager" aria-label="Pages of the list">
      {children}
      <Step to={isFirst ? null : start}>To the start</Step>
      <Step to={earlier}>
        <ChevronLeft size={16} aria-hidden="true" /> Previous
      </Step>
      <Step to={later}>
        Next <ChevronRight size={16} aria-hidden="true" />
      </Step>
    </nav>
  );
}

function Step({ to, children }: { readonly to: SessionsSearch | null; readonly children: ReactNode }) {
  if (to === null) {
    return (
      <span className="button plain" aria-disabled="true">
        {children}
      </span>
    );
  }
  return (
    <Link to="/sessions" search={to} className="button plain" activeProps={{}}>
      {children}
    </Link>
  );
}
