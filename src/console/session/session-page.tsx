import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { useCallback, useState } from 'react';
import { type ClientSessionCall, SessionDocument } from '../../generated/console/graphql.ts';
import { ApiError, ask } from '../api/ask.ts';
import { useLiveSession } from '../api/live.ts';
import { formatMoney } from '../format/money.ts';
import { KINDS, NEXT_STEPS } from '../format/words.ts';
import { StatusBadge } from '../parts/badge.tsx';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Empty, LoadFailure, Notice } from '../parts/notice.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import { cancel, type Session, verify } from './actions.ts';
import { Details } from './details.tsx';
import { Calls, Payload } from './exchange.tsx';
import { Timeline } from './timeline.tsx';
import { Transactions } from './transactions.tsx';

const route = getRouteApi('/sessions/$id');
const REFRESH_MS = 5_000;
/** Nothing changes by itself any more in a session that ended or is followed, but refunds of it may still be under way. */
const REFRESH_ENDED_MS = 30_000;

export function SessionPage() {
  const { id } = route.useParams();
  const client = useQueryClient();
  const readAgain = useCallback(() => void client.invalidateQueries({ queryKey: ['session', id] }), [client, id]);
  const isLive = useLiveSession(id, readAgain);
  const { data, error, refetch } = useQuery({
    queryKey: ['session', id],
    queryFn: ({ signal }) => ask(SessionDocument, { id }, signal),
    refetchInterval: ({ state: { data: known } }) => {
      const isQuiet = isLive || known?.clientSession.action === 'NONE';
      return isQuiet && !isBeingSent(known?.clientSession) ? REFRESH_ENDED_MS : REFRESH_MS;
    },
  });
  return (
    <>
      <Link to="/sessions" className="back" activeProps={{}}>
        <ChevronLeft size={16} aria-hidden="true" /> Sessions
      </Link>
      <title>{`${data?.clientSession.merchantInternalTransactionCode ?? 'Session'} · Tollgate`}</title>
      {data !== undefined && error !== null && <LoadFailure error={error} retry={() => void refetch()} />}
      {data !== undefined && <SessionView session={data.clientSession} />}
      {data === undefined && error === null && <Skeleton lines={10} label="Loading the session" />}
      {data === undefined && error !== null && <Missing error={error} retry={() => void refetch()} />}
    </>
  );
}

/** Whether a webhook is on its way for the first time. That one is delivered changes nothing of the session, which is followed. */
function isBeingSent(session: Session | undefined): boolean {
  const deliveries = session?.events.flatMap((event) => event.deliveries) ?? [];
  return deliveries.some(({ status, attemptsMade }) => status === 'PENDING' && attemptsMade === 0);
}

function Missing({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  if (!(error instanceof ApiError) || error.code !== 'SESSION_NOT_FOUND') return <LoadFailure error={error} retry={retry} />;
  return (
    <Empty title="There is no such session">
      <p>It may belong to another merchant, or to the other side of test and live data.</p>
    </Empty>
  );
}

function SessionView({ session }: { readonly session: Session }) {
  return (
    <>
      <Head session={session} />
      <div className="two-columns">
        <div className="column">
          <Transactions session={session} />
          <Timeline session={session} />
          <Calls session={session} />
        </div>
        <div className="column">
          <Details session={session} />
          <Payload session={session} />
        </div>
      </div>
    </>
  );
}

function Head({ session }: { readonly session: Session }) {
  const { kind, status, action, currency } = session;
  return (
    <header className="session-head">
      <div>
        <p className="eyebrow">
          {KINDS[kind]} · <code>{session.merchantInternalTransactionCode}</code>
        </p>
        <h1 className="amount-line">
          {'amount' in session ? formatMoney(session.amount, currency) : 'Store a payment method'} <StatusBadge status={status} />
        </h1>
        <p className="next-step">
          {status === 'UNKNOWN' ? 'The provider’s answer was lost. The gateway keeps asking until it knows.' : NEXT_STEPS[action]}
        </p>
        {session.providerError !== null && <Notice tone="bad">The provider said: {session.providerError}</Notice>}
      </div>
      <SessionActions session={session} />
    </header>
  );
}

/** A button for each call that the API says is allowed, and no other. */
function SessionActions({ session }: { readonly session: Session }) {
  const queries = useQueryClient();
  const [asksToCancel, setAsking] = useState(false);
  const act = useMutation({
    mutationFn: (call: ClientSessionCall) => (call === 'VERIFY' ? verify(session) : cancel(session.id)),
    onSettled: () => {
      setAsking(false);
      void queries.invalidateQueries({ queryKey: ['session'] });
    },
  });
  const isBusyWith = (call: ClientSessionCall): boolean => act.isPending && act.variables === call;
  return (
    <div className="session-actions">
      <div className="button-row">
        {session.allowedActions.includes('VERIFY') && (
          <Button tone="primary" isBusy={isBusyWith('VERIFY')} onClick={() => act.mutate('VERIFY')}>
            {isBusyWith('VERIFY') ? 'Asking the provider…' : 'Verify'}
          </Button>
        )}
        {session.allowedActions.includes('CANCEL') && <Button onClick={() => setAsking(true)}>Cancel session</Button>}
      </div>
      {act.data !== undefined && <Notice tone="info">{act.data}</Notice>}
      {act.error !== null && <Notice tone="bad">{act.error.message}</Notice>}
      {asksToCancel && (
        <Dialog title="Cancel the session" onClose={() => setAsking(false)}>
          <p>The payer cannot complete it any more. A session that is paid in this moment is not canceled.</p>
          <div className="dialog-foot">
            <Button onClick={() => setAsking(false)}>Not now</Button>
            <Button tone="danger" isBusy={isBusyWith('CANCEL')} onClick={() => act.mutate('CANCEL')}>
              {isBusyWith('CANCEL') ? 'Canceling…' : 'Cancel session'}
            </Button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
