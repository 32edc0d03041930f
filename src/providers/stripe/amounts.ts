import { currencyExponent } from '../../kernel/currency.ts';
import { type Money, toDecimal } from '../../kernel/money.ts';
import { ProviderFailure } from '../provider.ts';

/**
 * The decimals that Stripe counts in (docs.stripe.com/currencies, 2026-10), where the currency is in one of its lists. MGA has two
 * decimals in ISO 4217. ISK and UGX have none there: Stripe takes hundredths of them, of which the last two digits are 0.
 */
const STRIPE_EXPONENTS: ReadonlyMap<string, number> = new Map<string, number>([
  ...toEntries(0, 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'),
  ...toEntries(2, 'ISK UGX'),
  ...toEntries(3, 'BHD JOD KWD OMR TND'),
]);

/** Stripe rounds three decimals to two: the last digit is 0 (docs.stripe.com/currencies, 2026-10). */
const THREE_DECIMALS_STEP = 10n;

/**
 * The most digits of an amount in Stripe's units (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, stored copy of
 * 2023-06): twelve for IDR, eight for all others. Unsure: whether Stripe has raised another currency since. Card networks may
 * allow less. The least amount depends on the currency that the account settles in, so Stripe decides on it (`amount_too_small`).
 */
const DIGITS_MAX: ReadonlyMap<string, number> = new Map([['IDR', 12]]);
const DIGITS_MAX_OF_OTHERS = 8;

function toEntries(exponent: number, codes: string): [string, number][] {
  return codes.split(' ').map((code) => [code, exponent]);
}

/** Null when Stripe can take the amount, else why not, for the merchant to read. */
export function refuseAmount(money: Money): string | null {
  const { amountMinor, currency } = money;
  const rule = ruleOf(currency);
  if (rule === null) return `Stripe does not take ${currency}.`;
  const inMajor = (minor: bigint) => `${toDecimal({ amountMinor: minor, currency })} ${currency}`;
  if (amountMinor % rule.stepMinor !== 0n) return `Stripe takes multiples of ${inMajor(rule.stepMinor)}.`;
  const unitsMax = 10n ** BigInt(DIGITS_MAX.get(currency) ?? DIGITS_MAX_OF_OTHERS) - 1n;
  const maxMinor = (unitsMax * rule.minorPerUnit) / rule.unitsPerMinor;
  if (amountMinor >= rule.stepMinor && amountMinor <= maxMinor) return null;
  return `Stripe takes between ${inMajor(rule.stepMinor)} and ${inMajor(maxMinor)}.`;
}

/** The amount in Stripe's units. Throws ProviderFailure where `refuseAmount` refuses. */
export function toStripeAmount(money: Money): number {
  const problem = refuseAmount(money);
  const rule = ruleOf(money.currency);
  if (problem !== null || rule === null) throw new ProviderFailure('INVALID_REQUEST', problem ?? '', 'amount_not_supported');
  return Number((money.amountMinor * rule.unitsPerMinor) / rule.minorPerUnit);
}

/** @param currency as Stripe writes it, in lower case */
export function fromStripeAmount(amount: number, currency: string): Money {
  const code = currency.toUpperCase();
  const { minorPerUnit, unitsPerMinor } = ruleOf(code) ?? { minorPerUnit: 1n, unitsPerMinor: 1n };
  if (!Number.isSafeInteger(amount) || BigInt(amount) % unitsPerMinor !== 0n) {
    throw new ProviderFailure('PROGRAMMING_ERROR', `Stripe told an amount of ${code} that cannot be.`, 'impossible_amount');
  }
  return { amountMinor: (BigInt(amount) * minorPerUnit) / unitsPerMinor, currency: code };
}

interface AmountRule {
  /** Our smallest units in one of Stripe's; 1 where theirs is the smaller one. */
  readonly minorPerUnit: bigint;
  /** Stripe's units in one of our smallest; 1 where ours is the smaller one. */
  readonly unitsPerMinor: bigint;
  /** Amounts are multiples of this many of our smallest units. */
  readonly stepMinor: bigint;
}

/** Null for a currency that Stripe does not list, or would count otherwise than anybody expects. */
function ruleOf(currency: string): AmountRule | null {
  const ours = currencyExponent(currency);
  const theirs = STRIPE_EXPONENTS.get(currency) ?? (ours === 2 ? 2 : undefined);
  if (ours === undefined || theirs === undefined) return null;
  const minorPerUnit = 10n ** BigInt(Math.max(ours - theirs, 0));
  const unitsPerMinor = 10n ** BigInt(Math.max(theirs - ours, 0));
  return { minorPerUnit, unitsPerMinor, stepMinor: theirs === 3 ? THREE_DECIMALS_STEP : minorPerUnit };
}
