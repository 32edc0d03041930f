import type { BrowserContext, Route } from 'playwright-core';

/**
 * Stand-ins for the vendors' browser scripts, served under their real addresses: no vendor can be reached from here. Each does what the vendor's
 * documentation says as far as the page uses it, keeps the card in frames of the vendor's own host, and asks the vendor's API, behind which
 * stands the simulator. What they prove is the page and its policy.
 */

/* oxlint-disable typescript/no-explicit-any -- these run in a browser, as any vendor's script would */

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
const answer = (contentType: string, body: string) => (route: Route) => route.fulfill({ contentType, body });
const run = (script: () => void): string => `(${script.toString()})();`;

/** Passes what the page asks of a vendor's API on to the simulator, whose answers any origin may read. */
function passTo(simulatorUrl: string, asked: string[]) {
  return async (route: Route): Promise<void> => {
    const request = route.request();
    const { pathname, search } = new URL(request.url());
    asked.push(`${request.method()} ${pathname}`);
    const response = await route.fetch({ url: `${simulatorUrl}${pathname}${search}` });
    await route.fulfill({ response });
  };
}

/** A frame with inputs, which tells the window around it what was typed. */
function frameOf(fields: readonly (readonly [name: string, label: string])[]): string {
  const style = 'box-sizing: border-box; width: 100%; border: 0; padding: 2px 0; font: inherit; outline: 0';
  const inputs = fields.map(
    ([name, label]) => `<input name="${name}" aria-label="${label}" placeholder="${label}" style="${style}">`,
  );
  return `<!doctype html><html lang="en"><title>Card</title><body style="margin: 0; font: 16px sans-serif">${inputs.join('')}<script>
    addEventListener('message', ({ source, data }) => {
      if (data !== 'values') return;
      const values = Object.fromEntries([...document.querySelectorAll('input')].map((input) => [input.name, input.value]));
      source.postMessage({ values }, '*');
    });
  </script></body></html>`;
}

export interface VendorTraffic {
  /** What was asked of the vendor's API. */
  readonly asked: readonly string[];
}

export async function standInForStripe(context: BrowserContext, simulatorUrl: string): Promise<VendorTraffic> {
  const asked: string[] = [];
  const card = [
    ['number', 'Card number'],
    ['expiry', 'Expiration date'],
    ['cvc', 'Security code'],
  ] as const;
  await context.route('https://js.stripe.com/endive/stripe.js', answer(SCRIPT, run(stripeScript)));
  await context.route('https://js.stripe.com/stand-in/card', answer(HTML, frameOf(card)));
  await context.route('https://hooks.stripe.com/stand-in/challenge?*', answer(HTML, CHALLENGE_FRAME));
  await context.route('https://hooks.stripe.com/stand-in/answer', async (route) => {
    const { url, result } = route.request().postDataJSON();
    await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ result }) });
    await route.fulfill({ body: '{}' });
  });
  await context.route('https://api.stripe.com/**', passTo(simulatorUrl, asked));
  return { asked };
}

const CHALLENGE_FRAME = `<!doctype html><html lang="en"><title>3-D Secure</title><body><button id="approve">Complete</button><script>
  document.getElementById('approve').addEventListener('click', async () => {
    const url = new URLSearchParams(location.search).get('url');
    await fetch('/stand-in/answer', { method: 'POST', body: JSON.stringify({ url, result: 'approve' }) });
    parent.postMessage('challenge-answered', '*');
  });
</script></body></html>`;

/** Stripe.js as far as the page uses it: Elements with a client secret, the Payment Element, confirming and retrieving. */
function stripeScript(): void {
  const api = async (key: string, clientSecret: string, form: Record<string, string> | null): Promise<any> => {
    const id = clientSecret.split('_secret_')[0] ?? '';
    const path = `${id.startsWith('seti_') ? 'setup' : 'payment'}_intents/${id}`;
    const access = { key, client_secret: clientSecret };
    const response =
      form === null
        ? await fetch(`https://api.stripe.com/v1/${path}?${new URLSearchParams(access)}`)
        : await fetch(`https://api.stripe.com/v1/${path}/confirm`, {
            method: 'POST',
            body: new URLSearchParams({ ...access, ...form }),
          });
    return response.json();
  };
  const show = (src: string): HTMLIFrameElement => {
    const frame = document.createElement('iframe');
    frame.src = src;
    frame.title = 'Secure card fields';
    frame.style.cssText = 'width: 100%; border: 0';
    return frame;
  };
  const heard = (accepts: (data: any) => boolean): Promise<any> =>
    new Promise((resolve) => {
      addEventListener('message', function listen({ data }) {
        if (!accepts(data)) return;
        removeEventListener('message', listen);
        resolve(data);
      });
    });
  const passChallenge = async (url: string): Promise<void> => {
    const frame = show(`https://hooks.stripe.com/stand-in/challenge?url=${encodeURIComponent(url)}`);
    document.body.append(frame);
    await heard((data) => data === 'challenge-answered');
    frame.remove();
  };
  (window as any).Stripe = (key: string) => {
    const confirm = async ({ elements, confirmParams }: any): Promise<any> => {
      (window as any).standIn.confirmed = confirmParams;
      const { clientSecret } = elements.options;
      const [month = '', year = ''] = elements.values.expiry.split('/');
      const data = 'payment_method_data';
      const answer = await api(key, clientSecret, {
        return_url: confirmParams.return_url,
        [`${data}[type]`]: 'card',
        [`${data}[card][number]`]: elements.values.number.replace(/\D/g, ''),
        [`${data}[card][exp_month]`]: month.trim(),
        [`${data}[card][exp_year]`]: `20${year.trim()}`,
        [`${data}[card][cvc]`]: elements.values.cvc,
      });
      if (answer.error) return { error: answer.error };
      if (answer.status !== 'requires_action') return { paymentIntent: answer, setupIntent: answer };
      await passChallenge(answer.next_action.redirect_to_url.url);
      const after = await api(key, clientSecret, null);
      return { paymentIntent: after, setupIntent: after };
    };
    const retrieve = async (clientSecret: string): Promise<any> => {
      const intent = await api(key, clientSecret, null);
      return { paymentIntent: intent, setupIntent: intent };
    };
    const makeElements = (options: any): any => {
      (window as any).standIn = { key, elements: options };
      const elements: any = {
        options,
        create(type: string, given: any) {
          Object.assign((window as any).standIn, { type, element: given });
          const listeners: Record<string, () => void> = {};
          return {
            on: (name: string, listener: () => void) => void (listeners[name] = listener),
            mount(place: HTMLElement) {
              elements.frame = show('https://js.stripe.com/stand-in/card');
              elements.frame.addEventListener('load', () => listeners['ready']?.());
              place.append(elements.frame);
            },
          };
        },
        async submit() {
          elements.frame.contentWindow.postMessage('values', '*');
          elements.values = (await heard((data) => data.values !== undefined)).values;
          return elements.values.number === '' ? { error: { type: 'validation_error' } } : {};
        },
      };
      return elements;
    };
    return {
      elements: makeElements,
      confirmPayment: confirm,
      confirmSetup: confirm,
      retrievePaymentIntent: retrieve,
      retrieveSetupIntent: retrieve,
    };
  };
}

export async function standInForNuvei(context: BrowserContext, simulatorUrl: string): Promise<VendorTraffic> {
  const asked: string[] = [];
  await context.route(
    'https://cdn.safecharge.com/safecharge_resources/v1/websdk/safecharge.js',
    answer(SCRIPT, run(nuveiScript)),
  );
  for (const type of ['ccNumber', 'ccExpiration', 'ccCvc'])
    await context.route(`https://cdn.safecharge.com/stand-in/${type}`, answer(HTML, frameOf([[type, type]])));
  await context.route('https://ppp-test.nuvei.com/**', passTo(simulatorUrl, asked));
  return { asked };
}

/** The Web SDK as far as the page uses it: three fields, and one payment with them. */
function nuveiScript(): void {
  const frames: Record<string, HTMLIFrameElement> = {};
  const valueOf = (type: string): Promise<string> =>
    new Promise((resolve) => {
      addEventListener('message', function listen({ data, source }) {
        if (source !== frames[type]?.contentWindow) return;
        removeEventListener('message', listen);
        resolve(data.values[type]);
      });
      frames[type]?.contentWindow?.postMessage('values', '*');
    });
  (window as any).SafeCharge = (options: any) => ({
    fields: (given: any) => {
      (window as any).standIn = { options, fields: given };
      return {
        create: (type: string, { classes }: any) => ({
          type,
          attach(place: HTMLElement) {
            const frame = document.createElement('iframe');
            frame.src = `https://cdn.safecharge.com/stand-in/${type}`;
            frame.title = type;
            frame.style.cssText = 'width: 100%; height: 24px; border: 0';
            frames[type] = frame;
            place.append(frame);
            place.classList.remove(classes.empty);
          },
        }),
      };
    },
    async createPayment(params: any, callback: (result: any) => void) {
      Object.assign((window as any).standIn, { params: { ...params, paymentOption: params.paymentOption.type } });
      const [number, expiry, cvc] = [await valueOf('ccNumber'), await valueOf('ccExpiration'), await valueOf('ccCvc')];
      const [expirationMonth = '', year = ''] = expiry.split('/');
      const { sessionToken, merchantId, merchantSiteId, userTokenId, savePM, cardHolderName } = params;
      const card = { cardNumber: number, cardHolderName, expirationMonth, expirationYear: `20${year}`, CVV: cvc };
      const response = await fetch('https://ppp-test.nuvei.com/ppp/api/v1/payment.do', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sessionToken, merchantId, merchantSiteId, userTokenId, savePM, paymentOption: { card } }),
      });
      const { transactionStatus, transactionId, gwErrorReason } = await response.json();
      const word = { result: transactionStatus ?? 'ERROR', transactionId, errorDescription: gwErrorReason };
      // A test may have another word come after the same deed.
      callback((window as any).standIn.word ?? word);
    },
  });
}
