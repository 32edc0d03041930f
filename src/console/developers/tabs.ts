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
