import { useMutation, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { SessionCountDocument } from '../../generated/console/graphql.ts';
import { ask } from '../api/ask.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Notice } from '../parts/notice.tsx';
import { downloadSessions, save } from './export.ts';
import { type SessionsSearch, toFilter, toSort } from './search.ts';

const count = new Intl.NumberFormat().format;

/** Takes the list as it is narrowed down and sorted, all pages of it, home as a file. */
export function ExportButton({ search }: { readonly search: SessionsSearch }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon={<Download size={16} aria-hidden="true" />} onClick={() => setOpen(true)}>
        Export CSV
      </Button>
      {isOpen && <ExportDialog search={search} close={() => setOpen(false)} />}
    </>
  );
}

function ExportDialog({ search, close }: { readonly search: SessionsSearch; readonly close: () => void }) {
  const [filter, sort] = [toFilter(search), toSort(search)];
  const [rows, setRows] = useState(0);
  const stop = useRef(new AbortController());
  const { data } = useQuery({
    queryKey: ['session-count', filter],
    queryFn: ({ signal }) => ask(SessionCountDocument, { filter }, signal),
    staleTime: 30_000,
  });
  const total = data?.clientSessions.totalCount;
  const download = useMutation({
    mutationFn: () => {
      stop.current = new AbortController();
      return downloadSessions({ filter, sort }, setRows, stop.current.signal);
    },
    onSuccess: save,
  });
  useEffect(() => () => stop.current.abort(), []);
  return (
    <Dialog title="Export sessions" onClose={close}>
      <p>
        {total === undefined ? 'The sessions' : `${count(total)} sessions`} as the list shows them, as a CSV file. It holds codes,
        amounts and states, and no payer’s name or address.
      </p>
      {download.isPending && <Progress rows={rows} total={total} />}
      {download.isSuccess && <Notice tone="good">{count(rows)} sessions were saved.</Notice>}
      {download.isError && (
        <Notice tone="bad">
          {download.error.name === 'AbortError' ? 'Stopped. Nothing was saved.' : download.error.message}
        </Notice>
      )}
      <div className="dialog-foot">
        {download.isPending ? (
          <Button onClick={() => stop.current.abort()}>Stop</Button>
        ) : (
          <>
            <Button onClick={close}>Close</Button>
            <Button tone="primary" onClick={() => download.mutate()}>
              {download.isIdle ? 'Export' : 'Export again'}
            </Button>
          </>
        )}
      </div>
    </Dialog>
  );
}

function Progress({ rows, total }: { readonly rows: number; readonly total: number | undefined }) {
  return (
    <div className="stack">
      <progress
        aria-label="Sessions exported"
        max={total ?? 1}
        {...(total === undefined ? {} : { value: Math.min(rows, total) })}
      />
      <p role="status" className="hint">
        {count(rows)} {total === undefined ? 'sessions' : `of ${count(total)} sessions`}
      </p>
    </div>
  );
}
