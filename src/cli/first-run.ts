import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Result } from '../kernel/result.ts';
import { authenticate, createKey, type KeyKind } from '../merchants/keys.ts';
import { createMerchant, findMerchantByName, type Merchant } from '../merchants/merchants.ts';
import { addProviderAccount, listProviderAccounts } from '../merchants/provider-accounts.ts';
import type { Deps } from '../operations/deps.ts';
import type { Runtime } from './runtime.ts';

/** What a person needs for a first try, kept in `credentials.json` of the data folder, readable by its user alone. */
const credentialsSchema = z.object({
  url: z.string(),
  secretKey: z.string(),
  publishableKey: z.string(),
  merchantPublicId: z.string(),
  merchantTransactionProviderId: z.string(),
});
type Credentials = z.output<typeof credentialsSchema>;

export interface FirstSteps {
  readonly url: string;
  readonly credentialsPath: string;
  readonly hasGraphiql: boolean;
}

const DEMO_PUBLIC_ID = 'demo';

/**
 * On the embedded database: a demo merchant with keys and an EXAMPLE account, made once. Later starts keep the keys and correct
 * the url; lost or useless credentials are replaced. Null, and nothing done, on a database server and where EXAMPLE is not allowed.
 */
export async function prepareFirstRun({ app, config }: Runtime): Promise<FirstSteps | null> {
  if (config.databaseUrl !== null || !config.allowsExample) return null;
  const credentialsPath = join(resolve(config.dataDir), 'credentials.json');
  const known = await readCredentials(credentialsPath);
  const isUsable = known !== null && (await authenticate(app.deps, known.secretKey)) !== null;
  const credentials = isUsable ? known : await makeCredentials(app.deps);
  await writeSecretly(credentialsPath, { ...credentials, url: config.publicUrl });
  return { url: config.publicUrl, credentialsPath, hasGraphiql: config.hasGraphiql };
}

/** Keys are read from the file by the commands themselves, so that none stands in a terminal's history or in a log. */
export function describeFirstSteps({ url, credentialsPath, hasGraphiql }: FirstSteps): string {
  const key = `$(node -p 'require("${credentialsPath}").secretKey')`;
  const curl = (query: string): string =>
    [
      `curl -s ${url}/graphql -H 'Content-Type: application/json' \\`,
      `  -H "Authorization: Bearer ${key}" \\`,
      `  -d '${JSON.stringify({ query })}'`,
    ].join('\n');
  const start =
    'mutation { startPaymentSession(provider: { transactionProvider: EXAMPLE }, data: { merchantInternalTransactionCode: "order-1", ' +
    'amount: "10000", currency: USD, storePaymentMethod: false, billing: { billingFirstName: "Jane", billingLastName: "Smith", ' +
    'billingEmail: "jane@example.com", billingAddressCountry: US } }) { id status checkoutUrl } }';
  const verify = 'mutation { verifyPaymentSession(by: { merchantInternalTransactionCode: "order-1" }) { id status amount } }';
  return `
Tollgate is ready at ${url}
  Keys of the demo merchant:  ${credentialsPath}
${hasGraphiql ? `  Try queries in a browser:   ${url}/graphql\n` : ''}
1. Start a payment session. The answer holds the link of the checkout page.

${curl(start)}

2. Open checkoutUrl in a browser and pay with card 4242 4242 4242 4242, any later date, any CVC.

3. Ask what became of it.

${curl(verify)}

`;
}

async function makeCredentials(deps: Deps): Promise<Omit<Credentials, 'url'>> {
  const merchant = await demoMerchant(deps);
  const scope = { merchantId: merchant.id, environment: 'TEST' } as const;
  const listed = await listProviderAccounts(deps, merchant.id);
  const account =
    listed.find(({ provider, status }) => provider === 'EXAMPLE' && status === 'ENABLED') ??
    valueOf(await addProviderAccount(deps, scope, { provider: 'EXAMPLE', label: 'Test bank', baseUrl: null, credentials: {} }));
  const newKey = async (kind: KeyKind): Promise<string> =>
    valueOf(await createKey(deps, scope, { kind, label: 'demo', expiresAt: null })).text;
  return {
    secretKey: await newKey('SECRET'),
    publishableKey: await newKey('PUBLISHABLE'),
    merchantPublicId: merchant.publicId,
    merchantTransactionProviderId: account.id,
  };
}

async function demoMerchant(deps: Deps): Promise<Merchant> {
  const known = await findMerchantByName(deps, DEMO_PUBLIC_ID);
  if (known !== null) return known;
  const returnOrigins = ['http://localhost:3000', 'http://127.0.0.1:3000'];
  return valueOf(await createMerchant(deps, { name: 'Demo shop', publicId: DEMO_PUBLIC_ID, returnOrigins }));
}

async function readCredentials(path: string): Promise<Credentials | null> {
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

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
