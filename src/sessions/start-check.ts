import { MINUTE_MS } from '../kernel/clock.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { Provider, ProviderAccount } from '../providers/provider.ts';
import type { Deps } from './deps.ts';
import type { StartInput } from './start-input.ts';

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
