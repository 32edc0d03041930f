import type { Directive } from '../providers/descriptor.ts';
import { DESCRIPTORS, type ProviderName } from '../providers/descriptors.ts';
import { createPage } from './pages.ts';

/** The checkout page under `/checkout`. It is the same for everyone: the token stays in the browser, and only the policy differs. */

/** What a merchant's payers need of their browser. */
export interface CheckoutPlace {
  /** Origins that may show the page in a frame. */
  readonly frameAncestors: readonly string[];
  /** Whose scripts the page may load. */
  readonly vendors: readonly ProviderName[];
  /** Where else it may send requests: hosts that stand in for a vendor's, such as a simulator. */
  readonly connectTo: readonly string[];
}

export interface CheckoutOptions {
  /** By the merchant's public id; null for one that does not exist. */
  readonly findPlace: (publicId: string) => Promise<CheckoutPlace | null>;
  /** Where every page may send requests: the simulator beside the gateway, where there is one. */
  readonly connectTo: readonly string[];
}

/** Whoever has no merchant, or none that exists, gets the strictest page: it does not tell whether there is one. */
const NO_PLACE: CheckoutPlace = { frameAncestors: [], vendors: [], connectTo: [] };
const FILE_PATH = /^\/checkout\/(_\/[\w.-]+|[\w-]+\.css)$/;
const PAGE_PATH = /^\/checkout(?:\/([\w-]{3,64})?)?$/;

/** Answers the paths of the checkout page, and null for every other. */
export function createCheckoutRoutes(options: CheckoutOptions): (request: Request) => Promise<Response | null> {
  const page = createPage('checkout');
  return async (request) => {
    const { pathname } = new URL(request.url);
    const file = FILE_PATH.exec(pathname)?.[1];
    if (file !== undefined) return page.answer(request, file, {});
    const match = PAGE_PATH.exec(pathname);
    if (match === null) return null;
    const place = match[1] === undefined ? null : await options.findPlace(match[1]);
    return page.answer(request, 'index.html', {
      'content-security-policy': policyOf(options, place ?? NO_PLACE),
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    });
  };
}

function policyOf(options: CheckoutOptions, { frameAncestors, vendors, connectTo }: CheckoutPlace): string {
  const of = (directive: Directive, ...own: string[]): string => {
    const sources = new Set([...own, ...vendors.flatMap((vendor) => DESCRIPTORS[vendor].contentSources[directive] ?? [])]);
    return sources.size === 0 ? `${directive} 'none'` : [directive, ...sources].join(' ');
  };
  return [
    "default-src 'none'",
    of('script-src', "'self'"),
    of('style-src', "'self'"),
    of('img-src', 'data:'),
    of('connect-src', "'self'", ...options.connectTo, ...connectTo),
    of('frame-src'),
    of('form-action', "'self'"),
    frameAncestorsOf(frameAncestors),
    "base-uri 'none'",
  ].join('; ');
}

/** Who may show a page in a frame, as its policy says it. */
export function frameAncestorsOf(origins: readonly string[]): string {
  return `frame-ancestors ${origins.length === 0 ? "'none'" : origins.join(' ')}`;
}
