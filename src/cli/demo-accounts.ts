import type { Deps } from '../deps.ts';
import type { Result } from '../kernel/result.ts';
import { listProviderAccounts } from '../merchants/find-account.ts';
import { addProviderAccount, changeProviderAccount } from '../merchants/manage-accounts.ts';
import type { Merchant } from '../merchants/merchant.ts';
import { type NewAccount, webhookPathOf } from '../merchants/provider-account.ts';
import { makeSamples } from '../providers/credentials.ts';
import { DESCRIPTORS, PROVIDER_NAMES } from '../providers/descriptors.ts';
import { DIALECTS, toSimulatedAccount } from '../simulator/accounts.ts';
import type { Simulator } from '../simulator/simulator.ts';

export interface DemoOptions {
  /** Null for the built-in test bank alone. */
  readonly simulator: Simulator | null;
  /** Where the simulated vendors send their webhooks. */
  readonly publicUrl: string;
}

/**
 * The demo merchant's account at each provider that can be tried here, made once; those at the simulator follow its address.
 * Returns their ids by provider, the built-in one first.
 */
export async function prepareDemoAccounts(
  deps: Deps,
  merchant: Merchant,
  { simulator, publicUrl }: DemoOptions,
): Promise<Readonly<Record<string, string>>> {
  const scope = { merchantId: merchant.id, environment: 'TEST' } as const;
  const known = await listProviderAccounts(deps, { merchantId: merchant.id });
  const prepare = async (demo: NewAccount) => {
    const { provider, label, baseUrl } = demo;
    const found = known.find((each) => each.provider === provider && each.label === label && each.status === 'ENABLED');
    const account = found ?? valueOf(await addProviderAccount(deps, scope, demo));
    if (baseUrl === null || account.baseUrl === baseUrl) return account;
    return valueOf(await changeProviderAccount(deps, merchant.id, { accountId: account.id, baseUrl, credentials: {} }));
  };
  const ids: Record<string, string> = {};
  for (const provider of PROVIDER_NAMES.filter((name) => DESCRIPTORS[name].isTestOnly)) {
    ids[provider] = (await prepare({ provider, label: 'Test bank', baseUrl: null, credentials: {} })).id;
  }
  if (simulator === null) return ids;
  for (const provider of DIALECTS) {
    const { [provider]: descriptor } = DESCRIPTORS;
    const demo = { provider, label: `Simulated ${descriptor.label}`, credentials: makeSamples(descriptor) };
    const account = await prepare({ ...demo, baseUrl: simulator.url });
    const webhookUrl = `${publicUrl}${webhookPathOf(account)}`;
    await simulator.addAccount(toSimulatedAccount(provider, { ...account, webhookUrl }));
    ids[provider] = account.id;
  }
  return ids;
}

/** Of what cannot be refused here: a refusal is thrown. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
