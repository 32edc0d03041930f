import { render } from 'preact';
import './checkout.css';
import { formatMoney } from '../kernel/money.ts';
import { createPageClock } from './clock.ts';
import { isFramed } from './frame.ts';
import { loadLanguage } from './languages.ts';
import { openPage, type Page } from './page.ts';
import type { State } from './state.ts';
import { arrive } from './trip.ts';
import { App } from './views/app.tsx';
import { type Speech, SpeechContext } from './views/speech.ts';

const root = document.getElementById('root');
if (root !== null) {
  open(root).catch(() => {
    // There is no language to say it in, so the page says it as it was sent.
    root.querySelector('.load-failed')?.classList.add('is-shown');
    window.addEventListener('online', () => location.reload());
  });
}

async function open(place: HTMLElement): Promise<void> {
  const clock = createPageClock();
  const language = await loadLanguage(navigator.languages);
  // Only now: a page that has to be loaded again must find its token where it was.
  const arrival = arrive();
  document.documentElement.lang = language.tag;
  document.documentElement.classList.toggle('is-framed', isFramed());
  const speech: Speech = {
    ...language,
    money: ({ amountMinor, currency }) => formatMoney({ amountMinor: BigInt(amountMinor ?? '0'), currency }, language.locale),
  };
  place.replaceChildren();
  let latest: { readonly state: State; readonly page: Page } | null = null;
  openPage(arrival, clock, (state, page) => {
    // News may come while the page is being drawn, so the next drawing waits for the end of this one.
    if (latest === null) queueMicrotask(draw);
    latest = { state, page };
  });
  function draw(): void {
    if (latest === null) return;
    const { state, page } = latest;
    latest = null;
    render(
      <SpeechContext.Provider value={speech}>
        <App state={state} page={page} clock={clock} />
      </SpeechContext.Provider>,
      place,
    );
  }
}
