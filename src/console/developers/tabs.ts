import type { WebhookDeliveryStatus } from '../../generated/console/graphql.ts';

export const TABS = {
  keys: 'API keys',
  endpoints: 'Webhooks',
  accounts: 'Provider accounts',
  webhooks: 'Received webhooks',
} as const;
export type Tab = keyof typeof TABS;

/** Which part of the page is shown, as it stands in the address. */
export function parseTab(given: Readonly<Record<string, unknown>>): { readonly tab?: Tab } {
  const { tab } = given;
  return typeof tab === 'string' && Object.hasOwn(TABS, tab) && tab !== 'keys' ? { tab: tab as Tab } : {};
}

export const DELIVERY_FILTERS = ['PENDING', 'DELIVERED', 'FAILED', 'DROPPED'] as const satisfies readonly WebhookDeliveryStatus[];

/** Which deliveries of an endpoint are shown, as it stands in the address. */
export function parseDeliveries(given: Readonly<Record<string, unknown>>): { readonly status?: WebhookDeliveryStatus } {
  const status = DELIVERY_FILTERS.find((known) => known === given['status']);
  return status === undefined ? {} : { status };
}
