import { MINUTE_MS } from '../kernel/clock.ts';
import type { Dialect } from '../kernel/dialect.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { AccountSelector } from '../operations/deps.ts';
import type { Contact, Provider, ProviderAccount, SessionKind } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import type { Device, Payer } from './session.ts';

/** What a start was asked for, parsed and within the bounds that hold for every provider. */
export interface StartInput {
  readonly kind: SessionKind;
  readonly account: AccountSelector;
  readonly dialect: Dialect;
  readonly data: StartData;
}

export interface StartData {
  /** 1 to 255 characters; unique among the merchant's starts and charges of its environment. */
  readonly merchantInternalTransactionCode: string;
  /** 1n to 2^63 - 1; 0n when a payment method is only stored. */
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Always true when a payment method is only stored. */
  readonly storePaymentMethod: boolean;
  readonly billing: Contact;
  readonly shipping: Contact | null;
  readonly user: Payer | null;
  readonly device: Device | null;
  readonly merchantInternalCustomerCode: string | null;
  /** Where the checkout page leads back to; its origin is on the merchant's list. */
  readonly returnUrl: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly description: string | null;
  /** Null for the gateway's session life. */
  readonly expiresAt: Date | null;
  /** 1 to 20 declined attempts. */
  readonly attemptsMax: number;
}

/** Whether the start can be served at all, asked before anything is recorded. Returns the account that will serve it. */
export async function checkStart(deps: Deps, scope: MerchantScope, input: StartInput): Promise<Result<ProviderAccount>> {
  const account = await deps.accounts.find(scope, input.account);
  if (!account.ok) return account;
  const provider = deps.provider(account.value.provider);
  const problem =
    checkProvider(provider, input) ?? checkExpiry(deps, provider, input) ?? (await checkReturnUrl(deps, scope, input));
  return problem === null ? account : refused(problem);
}

function checkProvider(provider: Provider, { kind, data }: StartInput): Refusal | null {
  if (!provider.capabilities.sessionKinds.includes(kind)) {
    return refusal('UNSUPPORTED', `${provider.name} does not offer ${kind} sessions.`);
  }
  if (kind === 'ADD_PAYMENT_METHOD') return null;
  const unsupported = provider.checkAmount({ amountMinor: data.amountMinor, currency: data.currency });
  return unsupported === null ? null : refusal('AMOUNT_NOT_SUPPORTED', `data.amount: ${unsupported}`);
}

const LIFE_MS_MIN = MINUTE_MS;

function checkExpiry(deps: Pick<Deps, 'clock'>, provider: Provider, { data }: StartInput): Refusal | null {
  if (data.expiresAt === null) return null;
  const lifeMs = data.expiresAt.getTime() - deps.clock.now().getTime();
  const lifeMsMax = provider.capabilities.sessionLifeMsMax;
  if (lifeMs >= LIFE_MS_MIN && lifeMs <= lifeMsMax) return null;
  const message = `must be between 1 minute and ${Math.floor(lifeMsMax / MINUTE_MS)} minutes from now for ${provider.name}.`;
  const issues = [{ path: ['data', 'expiresAt'], message }];
  return { code: 'BAD_USER_INPUT', message: `data.expiresAt: ${message}`, issues };
}

async function checkReturnUrl(
  deps: Pick<Deps, 'merchants'>,
  scope: MerchantScope,
  { data }: StartInput,
): Promise<Refusal | null> {
  if (data.returnUrl === null) return null;
  const origins = await deps.merchants.returnOrigins(scope);
  if (origins.includes(new URL(data.returnUrl).origin)) return null;
  return refusal('RETURN_URL_NOT_ALLOWED', "data.returnUrl: its origin is not on the merchant's list of return origins.");
}
