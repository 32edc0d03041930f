import { Link } from '@tanstack/react-router';
import { type ColumnDef, tableFeatures, useTable } from '@tanstack/react-table';
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { SessionRowFragment } from '../../generated/console/graphql.ts';
import { formatMoney } from '../format/money.ts';
import { KINDS, PROVIDERS } from '../format/words.ts';
import { StatusBadge } from '../parts/badge.tsx';
import { Instant } from '../parts/instant.tsx';
import { changed, type SessionsSearch, type SortName } from './search.ts';

const features = tableFeatures({});
type Column = ColumnDef<typeof features, SessionRowFragment> & { readonly id: string };

const columns: readonly Column[] = [
  { id: 'status', header: 'Status', cell: ({ row }) => <StatusBadge status={row.original.status} /> },
  { id: 'amount', header: 'Amount', cell: ({ row }) => <Amount of={row.original} /> },
  {
    id: 'code',
    header: 'Code',
    cell: ({ row }) => (
      <>
        <Link to="/sessions/$id" params={{ id: row.original.id }} className="row-link">
          {row.original.merchantInternalTransactionCode}
        </Link>
        <span className="on-phones">
          <Instant at={row.original.createdAt} />
        </span>
      </>
    ),
  },
  { id: 'customer', header: 'Customer', cell: ({ row }) => row.original.customer?.merchantInternalCustomerCode ?? '–' },
  { id: 'kind', header: 'Kind', cell: ({ row }) => KINDS[row.original.kind] },
  { id: 'provider', header: 'Provider', cell: ({ row }) => PROVIDERS[row.original.transactionProvider] },
  { id: 'attempts', header: 'Attempts', cell: ({ row }) => `${row.original.attempts} of ${row.original.attemptsMax}` },
  { id: 'created', header: 'Started', cell: ({ row }) => <Instant at={row.original.createdAt} /> },
  { id: 'updated', header: 'Changed', cell: ({ row }) => <Instant at={row.original.updatedAt} /> },
];

/** The orders of the columns that have one, downwards first. */
const ORDERS: Readonly<Record<string, readonly [down: SortName, up: SortName]>> = {
  amount: ['largest', 'smallest'],
  created: ['newest', 'oldest'],
  updated: ['changed', 'unchanged'],
};

function Amount({ of }: { readonly of: SessionRowFragment }) {
  return 'amount' in of ? <>{formatMoney(of.amount, of.currency)}</> : <span className="soft">no charge</span>;
}

interface SessionsTableProps {
  readonly rows: readonly SessionRowFragment[];
  readonly search: SessionsSearch;
  readonly show: (search: SessionsSearch) => void;
  /** The rows are of an earlier search, until those of this one come. */
  readonly isStale: boolean;
}

export function SessionsTable({ rows, search, show, isStale }: SessionsTableProps) {
  const table = useTable({ features, columns, data: rows, getRowId: ({ id }) => id });
  return (
    <div className="table-frame" role="region" aria-label="Sessions" tabIndex={0} aria-busy={isStale}>
      <table className="table sessions-table">
        <thead>
          <tr>
            {table.getFlatHeaders().map((header) => (
              <HeaderCell key={header.id} id={header.column.id} search={search} show={show}>
                {header.column.columnDef.header as string}
              </HeaderCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={`column-${cell.column.id}`}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeaderCellProps extends Pick<SessionsTableProps, 'search' | 'show'> {
  readonly id: string;
  readonly children: string;
}

function HeaderCell({ id, search, show, children }: HeaderCellProps) {
  const orders = ORDERS[id];
  if (orders === undefined) {
    return (
      <th scope="col" className={`column-${id}`}>
        {children}
      </th>
    );
  }
  const [down, up] = orders;
  const current = search.sort ?? 'newest';
  const isSorted = current === down || current === up;
  const Arrow = current === up ? ArrowUp : ArrowDown;
  const order = current === up ? 'ascending' : 'descending';
  return (
    <th scope="col" className={`column-${id}`} aria-sort={isSorted ? order : 'none'}>
      <button type="button" className="sort" onClick={() => show(changed(search, { sort: current === down ? up : down }))}>
        {children}
        <Arrow size={13} aria-hidden="true" className={isSorted ? '' : 'unsorted'} />
      </button>
    </th>
  );
}
