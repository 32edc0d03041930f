import { readGood, send } from '../request.ts';
import { returnAddress } from '../trip.ts';
import { type Answer, answerOf, type Card, type CardBank } from './bank.ts';
import { declineCodeOf, type Intent, type IntentError, problemsOf, statusOf } from './intent.ts';

/** A simulated Stripe, in the words of Stripe's own browser script. */

export interface SimulatedStripe {
  readonly apiUrl: string;
  readonly clientSecret: string;
  readonly publishableKey: string;
  readonly intent: 'payment' | 'setup';
}

export function simulatedStripe({ apiUrl, clientSecret, publishableKey, intent }: SimulatedStripe): CardBank {
  const url = `${apiUrl}/v1/${intent}_intents/${clientSecret.split('_secret_')[0]}`;
  const access = { client_secret: clientSecret, key: publishableKey };
  return {
    takes: 'card',
    async status() {
      const response = await send(`${url}?${new URLSearchParams(access).toString()}`, {});
      return statusOf((await readGood(response)) as Intent);
    },
    async confirm(card) {
      const response = await send(`${url}/confirm`, { form: toForm(access, card) });
      const body = (await response.json()) as Intent & { error?: IntentError };
      return response.ok ? answerOf(statusOf(body)) : toRefusal(response.status, body.error ?? {});
    },
  };
}

function toForm(access: Readonly<Record<string, string>>, { number, month, year, cvc }: Card): URLSearchParams {
  const data = 'payment_method_data';
  return new URLSearchParams({
    ...access,
    return_url: returnAddress(),
    [`${data}[type]`]: 'card',
    [`${data}[card][number]`]: number,
    [`${data}[card][exp_month]`]: String(month),
    [`${data}[card][exp_year]`]: String(year),
    [`${data}[card][cvc]`]: cvc,
  });
}

function toRefusal(status: number, error: IntentError): Answer {
  const problems = problemsOf(error);
  if (problems !== null) return { result: 'refused', problems };
  if (error.type === 'card_error') return { result: 'declined', code: declineCodeOf(error) };
  if (status === 429) return { result: 'busy' };
  if (status >= 500) return { result: 'lost' };
  // A parameter of the card that the simulator does not take, or an intent that is in another state by now.
  return /card|payment_method_data/.test(error.param ?? '')
    ? { result: 'refused', problems: { number: 'number-unknown' } }
    : { result: 'conflict' };
}
