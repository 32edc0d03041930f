import { readGood, send } from '../request.ts';
import { returnAddress } from '../trip.ts';
import { type Answer, answerOf, type BankStatus, type CardBank, type Problems } from './bank.ts';

/** A simulated Nuvei, in the words of Nuvei's own browser script. */

export interface SimulatedNuvei {
  readonly apiUrl: string;
  readonly merchantId: string;
  readonly merchantSiteId: string;
  readonly sessionToken: string;
  readonly userTokenId?: string;
  readonly savePM: boolean;
}

interface NuveiAnswer {
  readonly status?: string;
  readonly errCode?: number;
  readonly transactionStatus?: string;
  readonly paymentOption?: { readonly card?: { readonly threeD?: { readonly acsUrl?: string } } };
}

const NOTHING_TRIED = 1140;
const SESSION_OVER = 1069;

export function simulatedNuvei(account: SimulatedNuvei): CardBank {
  const { apiUrl, merchantId, merchantSiteId, sessionToken, userTokenId, savePM } = account;
  const call = (method: string, body: object): Promise<Response> =>
    send(`${apiUrl}/ppp/api/v1/${method}.do`, { json: { merchantId, merchantSiteId, sessionToken, ...body } });
  return {
    takes: 'card',
    async status() {
      return toStatus((await readGood(await call('getPaymentStatus', {}))) as NuveiAnswer);
    },
    async confirm({ number, month, year, cvc }) {
      const response = await call('payment', {
        ...(userTokenId ? { userTokenId } : {}),
        ...(savePM ? { savePM: true } : {}),
        paymentOption: {
          card: {
            cardNumber: number,
            cardHolderName: 'Card holder',
            expirationMonth: String(month).padStart(2, '0'),
            expirationYear: String(year),
            CVV: cvc,
            threeD: { notificationURL: returnAddress() },
          },
        },
      });
      if (!response.ok) return { result: response.status === 429 ? 'busy' : 'lost' };
      return toAnswer((await response.json()) as NuveiAnswer);
    },
  };
}

function toStatus(answer: NuveiAnswer): BankStatus {
  if (answer.errCode === NOTHING_TRIED) return { phase: 'open', declineCode: null };
  if (answer.errCode === SESSION_OVER) return { phase: 'closed' };
  const url = answer.paymentOption?.card?.threeD?.acsUrl;
  switch (answer.transactionStatus) {
    case 'APPROVED':
      return { phase: 'succeeded' };
    case 'DECLINED':
    case 'ERROR':
      return { phase: 'open', declineCode: 'declined' };
    case 'REDIRECT':
      return url === undefined ? { phase: 'open', declineCode: 'authentication_failed' } : { phase: 'challenged', url };
    case undefined:
    default:
      return { phase: 'processing' };
  }
}

/** Errors by which Nuvei finds fault with the card, and nothing was tried (REST 1.0's error codes, read 2026-11). */
const CARD_FAULTS: Readonly<Record<number, Problems>> = {
  1004: { number: 'number-unknown' },
  1019: { number: 'number-unknown' },
  1029: { expiry: 'expiry-past' },
  1062: { cvc: 'cvc-wrong' },
};

/** Any other error says nothing of the card: the order may be paid by now. */
export function toAnswer(answer: NuveiAnswer): Answer {
  const { status, errCode = 0, transactionStatus } = answer;
  if (status !== 'ERROR' || transactionStatus !== undefined) return answerOf(toStatus(answer));
  const problems = CARD_FAULTS[errCode];
  return problems === undefined ? { result: 'lost' } : { result: 'refused', problems };
}
