import { decimalsOf, OTHER_DECIMALS } from './decimals.ts';

/**
 * ISO 4217 codes of the currencies of hundredths (list of 2025-05, with ANG and BGN, which left the list lately but still have
 * refunds to come). A provider that counts differently corrects it in its own adapter.
 */
const CODES_OF_HUNDREDTHS = `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN
    NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
    SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`;

/** Every accepted ISO 4217 code, in alphabetical order. */
export const CURRENCY_CODES: readonly string[] = [...CODES_OF_HUNDREDTHS.split(/\s+/), ...OTHER_DECIMALS.keys()].sort();

const known = new Set(CURRENCY_CODES);

/** Decimals of the currency's smallest unit: 2 for USD, 0 for JPY, 3 for KWD. Undefined for a code that is not ISO 4217. */
export function currencyExponent(code: string): number | undefined {
  return known.has(code) ? decimalsOf(code) : undefined;
}
