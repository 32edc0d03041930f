import { iso31661 } from 'iso-3166';

/** Kosovo has no code in ISO 3166-1. Banks, card schemes and Stripe use one that ISO leaves to its users (stripe 23.1.0, 2026-11). */
const IN_USE: Readonly<Record<string, string>> = { XK: 'Kosovo' };

/** The name of each accepted country or territory by its two letters. */
export const COUNTRY_NAMES: ReadonlyMap<string, string> = new Map([
  ...iso31661.map(({ alpha2, name }) => [alpha2, name] as const),
  ...Object.entries(IN_USE),
]);

/** Every accepted code, in alphabetical order. */
export const COUNTRY_CODES: readonly string[] = [...COUNTRY_NAMES.keys()].sort();

/** Territories with a country code of their own whose subdivisions also have codes that begin with another country's letters. */
const TERRITORIES: Readonly<Record<string, string>> = {
  CN: 'HK MO TW',
  DK: 'FO GL',
  FI: 'AX',
  FR: 'BL GF GP MF MQ NC PF PM RE TF WF YT',
  GB: 'GG GI IM JE',
  MA: 'EH',
  NL: 'AW BQ CW SX',
  NO: 'BV SJ',
  RS: 'XK',
  US: 'AS GU MP PR UM VI',
};

/** The form of ISO 3166-2. Whether the code exists is not asked: states are renamed more often than gateways are updated. */
const SUBDIVISION = /^([A-Z]{2})-([A-Z0-9]{1,3})$/;

/** Whether a code in the form of ISO 3166-2 may stand in an address of the country. Any other text may. */
export function isSubdivisionWithin(state: string, country: string): boolean {
  const [, owner] = SUBDIVISION.exec(state) ?? [];
  if (owner === undefined || owner === country) return true;
  return isTerritory(owner, country) || isTerritory(country, owner);
}

function isTerritory(territory: string, country: string): boolean {
  return TERRITORIES[country]?.split(' ').includes(territory) ?? false;
}

/** `NY` of `US-NY`; any other text as it is. */
export function withoutCountry(state: string): string {
  return SUBDIVISION.exec(state)?.[2] ?? state;
}
