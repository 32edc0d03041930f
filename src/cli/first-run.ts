import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { useFolder } from '../database/folder-unusable.ts';
import type { Deps } from '../deps.ts';
import type { KeyKind } from '../merchants/api-key.ts';
import { authenticate } from '../merchants/authenticate.ts';
import { createMerchant } from '../merchants/create-merchant.ts';
import { findMerchantByName } from '../merchants/find-merchant.ts';
import { createKey } from '../merchants/manage-keys.ts';
import type { Merchant } from '../merchants/merchant.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { makeConsoleLink } from './console-link.ts';
import { prepareDemoAccounts, valueOf } from './demo-accounts.ts';
import type { Runtime } from './runtime.ts';

/** What a person needs for a first try, kept in `credentials.json` of the data folder, readable by its user alone. */
const credentialsSchema = z.object({
  url: z.string(),
  secretKey: z.string(),
  publishableKey: z.string(),
  merchantPublicId: z.string(),
  merchantTransactionProviderId: z.string(),
  /** Provider → id of the demo merchant's account there. */
  accounts: z.record(z.string(), z.string()).default({}),
  simulatorUrl: z.string().nullable().default(null),
});
type Credentials = z.output<typeof credentialsSchema>;

export interface FirstSteps {
  readonly url: string;
  readonly credentialsPath: string;
  /** Providers with an account, the built-in one first. */
  readonly providers: readonly string[];
  /** Where the other ones are simulated. */
  readonly simulatorUrl: string | null;
  readonly hasGraphiql: boolean;
  /** Signs in to the console once; null where there is none. */
  readonly consoleLink: string | null;
}

const DEMO_PUBLIC_ID = 'demo';

/**
 * On the embedded database: a demo merchant with keys and an account at the test bank and at each simulated provider, made once. Later
 * starts keep the keys and correct the addresses; lost or useless credentials are replaced. Null, and nothing done, on a
 * database server and where the test bank is not allowed.
 */
export async function prepareFirstRun({ app, config }: Runtime, simulator: Simulator | null): Promise<FirstSteps | null> {
  if (config.databaseUrl !== null || !config.allowsExample) return null;
  const credentialsPath = credentialsPathOf(config);
  const known = await readCredentials(credentialsPath);
  const isUsable = known !== null && (await authenticate(app.deps, known.secretKey)) !== null;
  const merchant = await demoMerchant(app.deps);
  const keys = isUsable ? known : await makeKeys(app.deps, merchant);
  const { publicUrl: url, hasGraphiql } = config;
  const accounts = await prepareDemoAccounts(app.deps, merchant, { simulator, publicUrl: url });
  const simulatorUrl = simulator?.url ?? null;
  const merchantTransactionProviderId = Object.values(accounts)[0] ?? '';
  const credentials = { ...keys, url, merchantTransactionProviderId, accounts, simulatorUrl };
  await useFolder(config.dataDir, () => writeSecretly(credentialsPath, credentials));
  const scope = { merchantId: merchant.id, environment: 'TEST' } as const;
  const made = config.hasConsole ? await makeConsoleLink(app.deps, scope) : null;
  const consoleLink = made?.ok === true ? made.value.link : null;
  return { url, credentialsPath, providers: Object.keys(accounts), simulatorUrl, hasGraphiql, consoleLink };
}

/** Where the first run writes its credentials. */
export function credentialsPathOf({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(resolve(dataDir), 'credentials.json');
}

/** Keys are read from the file by the commands themselves, so that none stands in a terminal's history or in a log. */
export function describeFirstSteps(steps: FirstSteps): string {
  const { url, credentialsPath, simulatorUrl, hasGraphiql, consoleLink } = steps;
  const [builtIn, ...simulated] = steps.providers;
  const key = `$(node -p 'require("${credentialsPath}").secretKey')`;
  const curl = (query: string): string =>
    [
      `curl -s ${url}/graphql -H 'Content-Type: application/json' \\`,
      `  -H "Authorization: Bearer ${key}" \\`,
      `  -d '${JSON.stringify({ query }).replaceAll('PROVIDER', `'$PROVIDER'`)}'`,
    ].join('\n');
  const start =
    'mutation { startPaymentSession(provider: { transactionProvider: PROVIDER }, data: { merchantInternalTransactionCode: "order-PROVIDER", ' +
    'amount: "10000", currency: USD, storePaymentMethod: false, billing: { billingFirstName: "Jane", billingLastName: "Smith", ' +
    'billingEmail: "jane@example.com", billingAddressCountry: US } }) { id status checkoutUrl } }';
  const verify =
    'mutation { verifyPaymentSession(by: { merchantInternalTransactionCode: "order-PROVIDER" }) { id status amount } }';
  return `
Tollgate is ready at ${url}
  Keys of the demo merchant:  ${credentialsPath}
${hasGraphiql ? `  Try queries in a browser:   ${url}/graphql\n` : ''}${consoleLink === null ? '' : `  The console, opened once:   ${consoleLink}\n`}
1. Choose a provider${simulatorUrl === null ? '' : `: ${builtIn}, the test bank, or ${simulated.join(' or ')}, which are simulated at ${simulatorUrl}`}.

PROVIDER=${builtIn}

2. Start a payment session. The answer holds the link of the checkout page.

${curl(start)}

3. Open checkoutUrl in a browser and pay with card 4242 4242 4242 4242, any later date, any CVC.

4. Ask what became of it.

${curl(verify)}

`;
}

type Keys = Pick<Credentials, 'secretKey' | 'publishableKey' | 'merchantPublicId'>;

async function makeKeys(deps: Deps, merchant: Merchant): Promise<Keys> {
  const scope = { merchantId: merchant.id, environment: 'TEST' } as const;
  const newKey = async (kind: KeyKind): Promise<string> =>
    valueOf(await createKey(deps, scope, { kind, label: 'demo', expiresAt: null })).text;
  return {
    secretKey: await newKey('SECRET'),
    publishableKey: await newKey('PUBLISHABLE'),
    merchantPublicId: merchant.publicId,
  };
}

async function demoMerchant(deps: Deps): Promise<Merchant> {
  const known = await findMerchantByName(deps, DEMO_PUBLIC_ID);
  if (known !== null) return known;
  const returnOrigins = ['http://localhost:3000', 'http://127.0.0.1:3000'];
  return valueOf(await createMerchant(deps, { name: 'Demo shop', publicId: DEMO_PUBLIC_ID, returnOrigins }));
}

/** Null where there are none that can be read. */
export async function readCredentials(path: string): Promise<Credentials | null> {
  try {
    return credentialsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // Missing or spoiled: new ones are made.
    return null;
  }
}

/** Whole or not at all, and never readable by others, not even for a moment. */
async function writeSecretly(path: string, credentials: Credentials): Promise<void> {
  const draft = `${path}.draft`;
  await writeFile(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}
