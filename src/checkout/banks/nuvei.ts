import { within } from '../deadline.ts';
import type { Session } from '../session.ts';
import type { Answer, BankStatus, Field, FieldBank, FieldLook, Problems } from './bank.ts';
import { createTries, type Tries } from './tries.ts';

/**
 * Nuvei by its own script and fields: names of calls and parameters from Nuvei's Web SDK guide and from public integrations (read
 * 2026-11), run by nobody here. The card stays in Nuvei's frames. The script's word is not believed alone, and a browser has no other
 * to ask than the gateway, which Nuvei notifies.
 */

export interface NuveiPayload {
  readonly env: string;
  readonly merchantId: string;
  readonly merchantSiteId: string;
  readonly sessionToken: string;
  readonly orderId: string;
  readonly userTokenId?: string;
  readonly savePM: boolean;
  readonly billing: Readonly<Record<string, unknown>>;
}

interface NuveiField {
  attach(place: string | HTMLElement): void;
}

interface NuveiFields {
  create(type: 'ccNumber' | 'ccExpiration' | 'ccCvc', options: object): NuveiField;
}

/** `result` is APPROVED, DECLINED, PENDING or ERROR; `cancelled` is set when the payer closes a challenge. Unsure of both spellings. */
export interface NuveiResult {
  readonly result?: string;
  readonly cancelled?: boolean;
}

interface SafeCharge {
  fields(options: { locale: string }): NuveiFields;
  createPayment(params: object, callback: (result?: NuveiResult) => void): void;
}

declare global {
  interface Window {
    SafeCharge?: (options: { env: string; merchantId: string; merchantSiteId: string; sessionToken: string }) => SafeCharge;
  }
}

const SCRIPT_URL = 'https://cdn.safecharge.com/safecharge_resources/v1/websdk/safecharge.js';
const LOAD_DEADLINE_MS = 20_000;
/** An order lives for 15 minutes. */
const CONFIRM_DEADLINE_MS = 15 * 60_000;

export function nuveiBank(payload: NuveiPayload): FieldBank {
  const mounted: Mounted = { safeCharge: null, number: null, holder: null, places: null };
  const tries = createTries(payload.orderId);
  return {
    takes: 'fields',
    status: async (session) => statusOf(session, tries),
    async mount(element, look) {
      await within(LOAD_DEADLINE_MS, loadScript());
      const { env, merchantId, merchantSiteId, sessionToken } = payload;
      const safeCharge = window.SafeCharge?.({ env, merchantId, merchantSiteId, sessionToken });
      if (safeCharge === undefined) throw new Error('The script of Nuvei brought nothing.');
      const fields = safeCharge.fields({ locale: look.locale.split('-')[0] ?? 'en' });
      const places = draw(element, look, holderOf(payload.billing));
      const options = { style: toStyle(look), classes: CLASSES };
      const number = fields.create('ccNumber', options);
      number.attach(places.number);
      fields.create('ccExpiration', options).attach(places.expiry);
      fields.create('ccCvc', options).attach(places.cvc);
      Object.assign(mounted, { safeCharge, number, holder: places.holder, places });
    },
    async confirm(session) {
      const { safeCharge, number, holder, places } = mounted;
      if (safeCharge === null || number === null || holder === null || places === null) return { result: 'conflict' };
      const problems = problemsOf(places);
      if (Object.keys(problems).length > 0) return { result: 'refused', problems };
      // Another tab may have tried since this form was drawn.
      if (statusOf(session, tries).phase !== 'open') return { result: 'conflict' };
      tries.begin(session.attempts);
      const params = toParams(payload, { number, holder: holder.value.trim() });
      const paid = new Promise<NuveiResult | undefined>((resolve) => safeCharge.createPayment(params, resolve));
      const answer = toAnswer(await within(CONFIRM_DEADLINE_MS, paid));
      if (answer.result === 'declined') tries.close();
      return answer;
    },
  };
}

interface Mounted {
  readonly safeCharge: SafeCharge | null;
  readonly number: NuveiField | null;
  readonly holder: HTMLInputElement | null;
  readonly places: Readonly<Record<Field, HTMLElement>> | null;
}

/** Set by the script on the element that holds a field. Unsure: where it sets none, the fields are tried as they are. */
const CLASSES = { focus: 'is-focused', empty: 'is-empty', invalid: 'is-invalid' };

function problemsOf(places: Readonly<Record<Field, HTMLElement>>): Problems {
  const isWrong = (field: Field): boolean =>
    places[field].classList.contains(CLASSES.empty) || places[field].classList.contains(CLASSES.invalid);
  return {
    ...(isWrong('number') ? { number: 'number-wrong' } : {}),
    ...(isWrong('expiry') ? { expiry: 'expiry-wrong' } : {}),
    ...(isWrong('cvc') ? { cvc: 'cvc-wrong' } : {}),
  };
}

function toParams(payload: NuveiPayload, { number, holder }: { number: NuveiField; holder: string }): object {
  const { sessionToken, merchantId, merchantSiteId, userTokenId, savePM, billing } = payload;
  return {
    sessionToken,
    merchantId,
    merchantSiteId,
    ...(userTokenId === undefined ? {} : { userTokenId }),
    ...(savePM ? { savePM } : {}),
    cardHolderName: holder,
    paymentOption: number,
    billingAddress: billing,
  };
}

/** A challenge that was closed, an error, and a word that is new may all come after a charge, so they say nothing. */
export function toAnswer(given: NuveiResult | undefined): Answer {
  if (given?.cancelled === true) return { result: 'lost' };
  switch (given?.result) {
    case 'APPROVED':
      return { result: 'claimed' };
    case 'PENDING':
      return { result: 'processing' };
    case 'DECLINED':
      return { result: 'declined', code: null };
    case undefined:
    default:
      return { result: 'lost' };
  }
}

/** A browser has nobody to ask but the gateway. What that has not heard of is not known. */
export function statusOf({ action, attempts }: Session, tries: Tries): BankStatus {
  const isKnown = action === 'COLLECT_PAYMENT_METHOD' && !tries.isUnheard(attempts);
  return isKnown ? { phase: 'open', declineCode: null } : { phase: 'unheard' };
}

async function loadScript(): Promise<void> {
  if (window.SafeCharge !== undefined) return;
  const script = document.createElement('script');
  script.src = SCRIPT_URL;
  await new Promise<void>((resolve, reject) => {
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () => reject(new Error('The script of Nuvei could not be loaded.')));
    document.head.append(script);
  });
}

/** Labels and places for the three fields, and a field of our own for the name, which is not secret. */
function draw(element: HTMLElement, { labels }: FieldLook, holderName: string) {
  const holder = document.createElement('input');
  holder.id = 'holder';
  holder.autocomplete = 'cc-name';
  holder.value = holderName;
  const places = { number: placeOf('number'), expiry: placeOf('expiry'), cvc: placeOf('cvc') };
  const row = document.createElement('div');
  row.className = 'row';
  row.append(fieldOf(labels.expiry, places.expiry), fieldOf(labels.cvc, places.cvc));
  element.replaceChildren(fieldOf(labels.holder, holder), fieldOf(labels.number, places.number), row);
  return { ...places, holder };
}

function placeOf(field: Field): HTMLElement {
  const place = document.createElement('div');
  place.className = 'vendor-field';
  place.id = `nuvei-${field}`;
  return place;
}

function fieldOf(text: string, control: HTMLElement): HTMLElement {
  const label = document.createElement('label');
  label.textContent = text;
  label.htmlFor = control.id;
  const field = document.createElement('div');
  field.className = 'field';
  field.append(label, control);
  return field;
}

function holderOf({ firstName, lastName }: NuveiPayload['billing']): string {
  return [firstName, lastName].filter((name) => typeof name === 'string' && name !== '').join(' ');
}

function toStyle({ colors: { ink, bad } }: FieldLook) {
  return {
    base: { color: ink, fontFamily: 'system-ui, sans-serif', fontSize: '16px' },
    invalid: { color: bad },
  };
}
