import { render } from 'preact';
import './checkout.css';
import { createPageClock } from './clock.ts';
import { isFramed } from './frame.ts';
import { loadLanguage } from './languages.ts';
import { formatMoney, readDecimals } from './money.ts';
import { openPage } from './page.ts';
import { arrive } from './trip.ts';
import { App } from './views/app.tsx';
import { type Speech, SpeechContext } from './views/speech.ts';

const root = document.getElementById('root');
if (root !== null) await open(root);

async function open(place: HTMLElement): Promise<void> {
  const arrival = arrive();
  const clock = createPageClock();
  const language = await loadLanguage(navigator.languages);
  const decimalsOf = readDecimals(document.body.dataset['decimals'] ?? '');
  document.documentElement.lang = language.tag;
  document.documentElement.classList.toggle('is-framed', isFramed());
  const speech: Speech = {
    ...language,
    money: ({ amountMinor, currency }) => formatMoney({ amountMinor: amountMinor ?? '0', currency }, decimalsOf, language.locale),
  };
  place.replaceChildren();
  openPage(arrival, clock, (state, page) => {
    render(
      <SpeechContext.Provider value={speech}>
        <App state={state} page={page} clock={clock} />
      </SpeechContext.Provider>,
      place,
    );
  });
}
