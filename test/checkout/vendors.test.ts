import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FieldBank, FieldLook } from '../../src/checkout/banks/bank.ts';
import { statusOf, toAnswer } from '../../src/checkout/banks/nuvei.ts';
import { toAnswer as answerOfSimulated } from '../../src/checkout/banks/simulated-nuvei.ts';
import { stripeBank } from '../../src/checkout/banks/stripe.ts';
import { createTries } from '../../src/checkout/banks/tries.ts';
import { SESSION } from './states.ts';

/** What the page makes of the words of the vendors' scripts, and of their silence. */

const script: { stripe: object | Promise<never> } = { stripe: {} };
vi.mock('@stripe/stripe-js/pure', () => ({ loadStripe: async () => script.stripe }));

const never = new Promise<never>(() => {});
const HOUR_MS = 3_600_000;

function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}

const tab = storage();
const shared = storage();
beforeEach(() => {
  tab.kept.clear();
  shared.kept.clear();
  vi.stubGlobal('sessionStorage', tab);
  vi.stubGlobal('localStorage', shared);
  vi.stubGlobal('location', { origin: 'https://pay.test', pathname: '/checkout/shop' });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('Nuvei’s word on a try', () => {
  it.each([
    [{ result: 'APPROVED' }, { result: 'claimed' }],
    [{ result: 'PENDING' }, { result: 'processing' }],
    [{ result: 'DECLINED' }, { result: 'declined', code: null }],
    // After each of these money may have moved.
    [{ result: 'ERROR' }, { result: 'lost' }],
    [{ result: 'CONTEMPLATING' }, { result: 'lost' }],
    [{ result: 'APPROVED', cancelled: true }, { result: 'lost' }],
    [{ result: 'DECLINED', cancelled: true }, { result: 'lost' }],
    [{}, { result: 'lost' }],
    [undefined, { result: 'lost' }],
  ])('%j means %j', (given, answer) => {
    expect(toAnswer(given)).toEqual(answer);
  });
});

describe('a simulated Nuvei’s word on a try', () => {
  it.each([
    [{ status: 'SUCCESS', transactionStatus: 'APPROVED' }, { result: 'succeeded' }],
    [
      { status: 'SUCCESS', transactionStatus: 'DECLINED' },
      { result: 'declined', code: 'declined' },
    ],
    [
      { status: 'ERROR', errCode: 1004 },
      { result: 'refused', problems: { number: 'number-unknown' } },
    ],
    [
      { status: 'ERROR', errCode: 1062 },
      { result: 'refused', problems: { cvc: 'cvc-wrong' } },
    ],
    // Paid already, in progress, over, and nobody knows what: no fault of the card.
    [{ status: 'ERROR', errCode: 1058 }, { result: 'lost' }],
    [{ status: 'ERROR', errCode: 1057 }, { result: 'lost' }],
    [{ status: 'ERROR', errCode: 1069 }, { result: 'lost' }],
    [{ status: 'ERROR', errCode: 1000 }, { result: 'lost' }],
  ])('%j means %j', (given, answer) => {
    expect(answerOfSimulated(given)).toEqual(answer);
  });
});

describe('an order of Nuvei’s', () => {
  const open = { phase: 'open', declineCode: null };
  const unheard = { phase: 'unheard' };
  const at = (attempts: number, action: typeof SESSION.action = 'COLLECT_PAYMENT_METHOD') => ({ ...SESSION, attempts, action });

  it('cannot be paid while the gateway has not heard of the last try', () => {
    const tries = createTries('1');
    expect(statusOf(at(0), tries)).toEqual(open);
    tries.begin(0);
    expect(statusOf(at(0), tries)).toEqual(unheard);
    expect(statusOf(at(1), tries)).toEqual(open);
  });

  it('cannot be paid while the gateway has heard of a try, and not of its end', () => {
    const tries = createTries('1');
    tries.begin(0);
    expect(statusOf(at(1, 'WAIT'), tries)).toEqual(unheard);
    expect(statusOf(at(1, 'AUTHENTICATE'), tries)).toEqual(unheard);
  });

  it('does not take late news of a declined try for news of the one that followed', () => {
    const tries = createTries('1');
    tries.begin(0);
    tries.close();
    tries.begin(0);
    expect(statusOf(at(1), tries)).toEqual(unheard);
    expect(statusOf(at(2), tries)).toEqual(open);
  });

  it('is held back in every tab, and another order in none', () => {
    const [here, there] = [createTries('1'), createTries('1')];
    here.begin(0);
    expect(statusOf(at(0), there)).toEqual(unheard);
    expect(statusOf(at(0), createTries('2'))).toEqual(open);
    here.close();
    expect(statusOf(at(0), there)).toEqual(open);
  });

  it('is held back by this page alone where the browser keeps nothing, or something else', () => {
    vi.stubGlobal('localStorage', undefined);
    const tries = createTries('1');
    tries.begin(0);
    expect(statusOf(at(0), tries)).toEqual(unheard);
    vi.stubGlobal('localStorage', shared);
    shared.setItem('tollgate.tried.1', 'nonsense');
    expect(statusOf(at(0), tries)).toEqual(unheard);
  });
});

describe('Stripe’s script', () => {
  const payload = { publishableKey: 'pk_test_1', clientSecret: 'pi_1_secret_1', intent: 'payment', billingDetails: {} } as const;
  const colors = { accent: '#010101', surface: '#020202', ink: '#030303', bad: '#040404' };
  const look: FieldLook = {
    isDark: false,
    colors,
    radius: '7px',
    locale: 'en-GB',
    labels: { number: '', expiry: '', cvc: '', holder: '' },
  };
  const elements = vi.fn<(given: { appearance: object }) => object>();

  /** A bank with its fields shown, whose script confirms so. */
  async function mounted(
    confirmPayment: () => Promise<object>,
    submit: () => Promise<object> = async () => ({}),
  ): Promise<FieldBank> {
    elements.mockReturnValue({
      submit,
      create: () => ({ on: (name: string, run: () => void) => (name === 'ready' ? run() : undefined), mount: () => {} }),
    });
    script.stripe = { elements, confirmPayment };
    const bank = stripeBank(payload, 'cst_1');
    await bank.mount({} as HTMLElement, look);
    return bank;
  }

  it('keeps the token for the way while it is asked, and not a moment longer, however it ends', async () => {
    const kept: unknown[] = [];
    const remember = (): void => void kept.push([...tab.kept.values()]);
    const ends = [
      async () => ({}),
      async () => ({ error: { type: 'card_error', decline_code: 'lost_card' } }),
      () => Promise.reject(new Error('The script broke.')),
      () => {
        throw new Error('The script broke at once.');
      },
    ];
    for (const end of ends) {
      const bank = await mounted(() => {
        remember();
        return end();
      });
      await bank.confirm(SESSION).catch(() => {});
      expect(tab.kept.size).toBe(0);
    }
    expect(kept).toEqual(ends.map(() => ['cst_1']));
  });

  it.each([
    ['loading', async () => Promise.reject(new Error('never asked')), undefined],
    ['reading its fields', async () => ({}), () => never],
    ['confirming', () => never, undefined],
  ] as const)('that falls silent while %s is not waited for for ever', async (when, confirm, submit) => {
    vi.useFakeTimers();
    const bank = await mounted(confirm, submit);
    if (when === 'loading') script.stripe = never;
    const settled = vi.fn<() => void>();
    bank.confirm(SESSION).catch(settled);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(settled).toHaveBeenCalledOnce();
    expect(tab.kept.size).toBe(0);
  });

  it('gets the colours of the page', async () => {
    await mounted(async () => ({}));
    expect(elements.mock.lastCall?.[0].appearance).toMatchObject({
      variables: {
        colorPrimary: '#010101',
        colorBackground: '#020202',
        colorText: '#030303',
        colorDanger: '#040404',
        borderRadius: '7px',
      },
    });
  });
});
