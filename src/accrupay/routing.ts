import { refuse, unwrap } from '../endpoint/errors.ts';
import { code } from '../endpoint/text-rules.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import type { AccountSelector } from '../operations/deps.ts';
import type { ProviderName } from '../providers/provider.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { ProviderEnum } from './enums.ts';

export interface Routing {
  readonly merchantTransactionProviderId?: string | null | undefined;
  readonly transactionProvider?: ProviderName | null | undefined;
}

/** The pair that names a provider account. Both may come when they agree. */
export const routingArgs = builder.args((t) => ({
  merchantTransactionProviderId: t.string(),
  transactionProvider: t.field({ type: ProviderEnum }),
}));

export const routingShape = { merchantTransactionProviderId: code.nullish() };

/** How the pair names an account to the core: by id before provider, and without either the merchant's only enabled account. */
export async function route(context: AccrupayContext, routing: Routing): Promise<AccountSelector> {
  const { merchantTransactionProviderId, transactionProvider } = routing;
  const scope = requireMerchant(context);
  if (merchantTransactionProviderId == null) {
    return transactionProvider == null ? routeToOnly(context, scope) : { transactionProvider };
  }
  const by = { merchantTransactionProviderId };
  if (transactionProvider != null) {
    const account = unwrap(await context.deps.accounts.find(scope, by));
    if (account.provider !== transactionProvider) {
      throw refuse(
        'PROVIDER_ACCOUNT_NOT_FOUND',
        `The named provider account is not one of ${transactionProvider}: name one of the two.`,
      );
    }
  }
  return by;
}

async function routeToOnly(context: AccrupayContext, scope: MerchantScope): Promise<AccountSelector> {
  const enabled = (await context.accountsOf(scope.merchantId)).filter(
    ({ environment, status }) => environment === scope.environment && status === 'ENABLED',
  );
  const [only] = enabled;
  if (only !== undefined && enabled.length === 1) return { merchantTransactionProviderId: only.id };
  const message = 'Name a provider account by merchantTransactionProviderId or transactionProvider: there is not exactly one.';
  throw refuse('PROVIDER_ACCOUNT_NOT_FOUND', message);
}

/** The pair names an account that a thing already belongs to, so it can only agree. */
export async function requireSameAccount(context: AccrupayContext, routing: Routing, providerAccountId: string): Promise<void> {
  const { merchantTransactionProviderId, transactionProvider } = routing;
  const { merchantId } = requireMerchant(context);
  const account = (await context.accountsOf(merchantId)).find(({ id }) => id === providerAccountId);
  const isOther =
    (merchantTransactionProviderId != null && merchantTransactionProviderId !== providerAccountId) ||
    (transactionProvider != null && transactionProvider !== account?.provider);
  if (isOther) throw refuse('PROVIDER_ACCOUNT_NOT_FOUND', 'It belongs to another provider account than the one that is named.');
}
