import { isLoopbackHost } from '../kernel/origin.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { isUrl } from '../kernel/url.ts';

export interface Merchant {
  readonly id: string;
  /** The id that everybody may know. */
  readonly publicId: string;
  /** As payers read it. */
  readonly name: string;
  /** Origins that a returnUrl may begin with, and that may show the checkout in a frame: see `isReturnOrigin`. */
  readonly returnOrigins: readonly string[];
  readonly createdAt: Date;
}

export interface NewMerchant {
  readonly name: string;
  readonly returnOrigins: readonly string[];
  /** A random one when null. */
  readonly publicId: string | null;
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/;

export const RETURN_ORIGIN_RULE =
  'must be an origin such as https://shop.example: https (http on this machine only), a whole host name without *, and no path';

/** Origins stand in the policy of the checkout page, where other characters than those of a host name would say more than an origin. */
export function isReturnOrigin(text: string): boolean {
  if (!isUrl(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  if (origin !== text || !HOST.test(hostname)) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** A merchant, both sides or one. */
export interface Owner {
  readonly merchantId: string;
  readonly environment?: MerchantScope['environment'];
}
