import { readFileSync } from 'node:fs';
import { CURRENCY_CODES, currencyExponent } from '../kernel/currency.ts';

/** The checkout page: a few files that are read once, from beside the compiled code or from the sources. */

export interface CheckoutOptions {
  /** Origins that may show the page in a frame; none by default. */
  readonly frameAncestors: readonly string[];
  /** Where else the page may send requests: the simulator, where there is one. */
  readonly connectTo: readonly string[];
}

const FILES = {
  '/checkout': { file: 'index.html', type: 'text/html; charset=utf-8', cache: 'no-store' },
  '/checkout/checkout.js': { file: 'checkout.js', type: 'text/javascript; charset=utf-8', cache: 'no-cache' },
  '/checkout/banks.js': { file: 'banks.js', type: 'text/javascript; charset=utf-8', cache: 'no-cache' },
  '/checkout/checkout.css': { file: 'checkout.css', type: 'text/css; charset=utf-8', cache: 'no-cache' },
} as const;

/** Answers the paths of the checkout page, and null for every other. The page is the same for everyone: the token stays in the browser. */
export function createCheckoutRoutes(options: CheckoutOptions): (request: Request) => Response | null {
  const pages = new Map(Object.entries(FILES).map(([path, entry]) => [path, { ...entry, body: fill(read(entry.file)) }]));
  const policy = policyOf(options);
  return ({ url, method }) => {
    const page = pages.get(new URL(url).pathname);
    if (page === undefined) return null;
    if (method !== 'GET' && method !== 'HEAD') return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
    return new Response(method === 'HEAD' ? null : page.body, {
      headers: {
        'content-type': page.type,
        'cache-control': page.cache,
        'content-security-policy': policy,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
        'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      },
    });
  };
}

function policyOf({ frameAncestors, connectTo }: CheckoutOptions): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    ["connect-src 'self'", ...connectTo].join(' '),
    "form-action 'self'",
    `frame-ancestors ${frameAncestors.length === 0 ? "'none'" : frameAncestors.join(' ')}`,
    "base-uri 'none'",
  ].join('; ');
}

function read(file: string): string {
  return readFileSync(new URL(`../checkout/${file}`, import.meta.url), 'utf8');
}

/** Browsers count some currencies' decimals differently than ISO 4217, so the page is told those that are not 2. */
function fill(text: string): string {
  const decimals = CURRENCY_CODES.filter((code) => currencyExponent(code) !== 2).map(
    (code) => `${code}:${currencyExponent(code)}`,
  );
  return text.replace('{{decimals}}', decimals.join(' '));
}
