import type { Result } from '../kernel/result.ts';
import { newSecret } from '../kernel/secret.ts';
import type { Merchant } from '../merchants/merchants.ts';
import {
  type AccountRecord,
  addProviderAccount,
  changeProviderAccount,
  listProviderAccounts,
  webhookPathOf,
} from '../merchants/provider-accounts.ts';
import type { Deps } from '../operations/deps.ts';
import type { ProviderName } from '../providers/provider.ts';
import type { SimulatedAccount, Simulator } from '../simulator/simulator.ts';

export interface DemoOptions {
  /** Null for EXAMPLE alone. */
  readonly simulator: Simulator | null;
  /** Where the simulated vendors send their webhooks. */
  readonly publicUrl: string;
}

type Credentials = Readonly<Record<string, string>>;

interface DemoProvider {
  readonly label: string;
  makeCredentials(): Credentials;
  /** How the simulator knows the account; null for the bank in this process. */
  simulate(account: AccountRecord, webhookUrl: string): SimulatedAccount | null;
}

const word = (account: AccountRecord, name: string): string => account.credentials[name] ?? '';

const DEMO: Readonly<Record<ProviderName, DemoProvider>> = {
  EXAMPLE: { label: 'Test bank', makeCredentials: () => ({}), simulate: () => null },
  STRIPE: {
    label: 'Simulated Stripe',
    makeCredentials: () => ({
      secretKey: newSecret('sk_test_'),
      publishableKey: newSecret('pk_test_'),
      webhookSecret: newSecret('whsec_'),
    }),
    simulate: (account, webhookUrl) => ({
      dialect: 'STRIPE',
      id: account.id,
      secretKey: word(account, 'secretKey'),
      publishableKey: word(account, 'publishableKey'),
      webhookSecret: word(account, 'webhookSecret'),
      webhookUrl,
    }),
  },
  NUVEI: {
    label: 'Simulated Nuvei',
    makeCredentials: () => ({ merchantId: '1000001', merchantSiteId: '100001', merchantSecretKey: newSecret('') }),
    simulate: (account) => ({
      dialect: 'NUVEI',
      id: account.id,
      merchantId: word(account, 'merchantId'),
      merchantSiteId: word(account, 'merchantSiteId'),
      merchantSecretKey: word(account, 'merchantSecretKey'),
    }),
  },
};

/**
 * The demo merchant's account at each provider that can be tried here, made once; those at the simulator follow its address.
 * Answers their ids by provider.
 */
export async function prepareDemoAccounts(
  deps: Deps,
  merchant: Merchant,
  { simulator, publicUrl }: DemoOptions,
): Promise<Readonly<Record<string, string>>> {
  const providers: readonly ProviderName[] = simulator === null ? ['EXAMPLE'] : ['EXAMPLE', 'STRIPE', 'NUVEI'];
  const known = await listProviderAccounts(deps, { merchantId: merchant.id });
  const ids: Record<string, string> = {};
  for (const provider of providers) {
    const { label, makeCredentials, simulate } = DEMO[provider];
    const baseUrl = provider === 'EXAMPLE' ? null : (simulator?.url ?? null);
    const found = known.find(
      (account) => account.provider === provider && account.label === label && account.status === 'ENABLED',
    );
    const scope = { merchantId: merchant.id, environment: 'TEST' } as const;
    const account =
      found ?? valueOf(await addProviderAccount(deps, scope, { provider, label, baseUrl, credentials: makeCredentials() }));
    if (baseUrl !== null && account.baseUrl !== baseUrl) {
      valueOf(await changeProviderAccount(deps, merchant.id, { accountId: account.id, baseUrl, credentials: {} }));
    }
    const simulated = simulate(account, `${publicUrl}${webhookPathOf(account)}`);
    if (simulated !== null) await simulator?.addAccount(simulated);
    ids[provider] = account.id;
  }
  return ids;
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
