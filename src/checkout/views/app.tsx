import { useEffect, useRef } from 'preact/hooks';
import type { PageClock } from '../clock.ts';
import { tellHeight, tellParent } from '../frame.ts';
import type { Page } from '../page.ts';
import { type State, SUCCESSES } from '../state.ts';
import { Countdown } from './countdown.tsx';
import { Icon } from './icons.tsx';
import { Panel } from './panel.tsx';
import { useSpeech } from './speech.ts';
import { Summary, SummarySkeleton } from './summary.tsx';

interface AppProps {
  readonly state: State;
  readonly page: Page;
  readonly clock: PageClock;
}

export function App({ state, page, clock }: AppProps) {
  const { sentences } = useSpeech();
  const { view, session, shop, isOffline } = state;
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => (root.current === null ? undefined : tellHeight(root.current)), []);
  useTitle(state);
  useNews(state);
  // Where the form says so already, once is enough.
  const saysOffline = isOffline && view.name !== 'ended' && !(view.name === 'asking' && view.notice?.about === 'unsent');
  const isAlone = session === null && view.name !== 'opening';
  return (
    <div class={`page ${isAlone ? 'is-alone' : ''}`} ref={root}>
      {session !== null && shop !== null ? (
        <Summary session={session} shop={shop} isOver={view.name === 'ended'}>
          {view.name === 'ended' ? null : (
            <Countdown clock={clock} expiresAtMs={session.expiresAtMs} onOver={() => page.tell({ type: 'time-over' })} />
          )}
        </Summary>
      ) : null}
      {session === null && view.name === 'opening' ? <SummarySkeleton /> : null}
      <Panel state={state} page={page} clock={clock} />
      <footer>
        <p class="offline" role="status">
          {saysOffline ? sentences.offline : ''}
        </p>
        <p>
          <Icon name="lock" />
          {sentences.footer}
        </p>
      </footer>
    </div>
  );
}

/** What the tab says: the outcome once there is one, else what it is about. */
function useTitle({ view, session, shop }: State): void {
  const { sentences, money } = useSpeech();
  const amount = session?.amountMinor == null ? '' : ` ${money(session)}`;
  const about = session === null ? null : `${sentences.purposes[session.kind]}${amount}`;
  const first = view.name === 'ended' ? sentences.endings[view.ending].heading : about;
  const title = [first, shop?.name].filter(Boolean).join(' · ');
  useEffect(() => {
    if (title !== '') document.title = title;
  }, [title]);
}

/** Tells a shop that frames the page how it ended. */
function useNews({ view, session }: State): void {
  const ending = view.name === 'ended' ? view.ending : null;
  useEffect(() => {
    if (ending === null) return;
    if (SUCCESSES.includes(ending) && session !== null) tellParent({ type: 'completed', sessionId: session.id });
    tellParent({ type: 'ended', sessionId: session?.id ?? null, as: ending });
  }, [ending]);
}
