import { z } from 'zod';
import type { Database } from '../database/database.ts';
import type { Clock } from '../kernel/clock.ts';

const text = (pattern: RegExp) => z.string().max(1000).regex(pattern);
const webUrl = z.url({ protocol: /^https?$/ }).max(1000);

/** Keys of the test side only: whoever enters a live key here has mistaken this for the vendor. */
export const accountSchema = z.discriminatedUnion('dialect', [
  z.strictObject({
    dialect: z.literal('STRIPE'),
    id: z.uuid(),
    secretKey: text(/^[sr]k_test_[\w-]+$/),
    publishableKey: text(/^pk_test_[\w-]+$/),
    webhookSecret: text(/^whsec_\S+$/),
    /** Where events go; null sends none, and they can still be read from the control. */
    webhookUrl: webUrl.nullable(),
  }),
  z.strictObject({
    dialect: z.literal('NUVEI'),
    id: z.uuid(),
    merchantId: text(/^\d{1,20}$/),
    merchantSiteId: text(/^\d{1,20}$/),
    merchantSecretKey: text(/^\S+$/),
  }),
]);

export type SimulatedAccount = Readonly<z.infer<typeof accountSchema>>;
export type Dialect = SimulatedAccount['dialect'];
export type StripeAccount = Extract<SimulatedAccount, { dialect: 'STRIPE' }>;
export type NuveiAccount = Extract<SimulatedAccount, { dialect: 'NUVEI' }>;

/** The vendors that are simulated, and the beginning of their paths. */
export const DIALECT_PATHS = { STRIPE: '/v1/', NUVEI: '/ppp/api/v1/' } as const satisfies Record<Dialect, string>;
export const DIALECTS = Object.keys(DIALECT_PATHS) as readonly Dialect[];

/** The account that these credentials make, without what its dialect does not take; throws where they are of another form. */
export function toSimulatedAccount(
  dialect: Dialect,
  { id, webhookUrl, credentials }: { id: string; webhookUrl: string | null; credentials: Readonly<Record<string, string>> },
): SimulatedAccount {
  const shape = accountSchema.options.find(({ shape }) => shape.dialect.value === dialect)?.shape ?? {};
  const fields = Object.entries({ ...credentials, id, webhookUrl, dialect });
  return accountSchema.parse(Object.fromEntries(fields.filter(([name]) => name in shape)));
}

const ACCOUNTS_MAX = 10_000;

/** Every account that may call, in memory and in the database. */
export interface AccountBook {
  /** An account of the same id is replaced. Throws when another one has its keys: a call could not be told apart. */
  add(account: SimulatedAccount): Promise<void>;
  /** The id of another account with these keys. */
  twinOf(account: SimulatedAccount): string | null;
  /** Whether the account can be added: it replaces one, or there are fewer than 10,000. */
  hasRoomFor(account: SimulatedAccount): boolean;
  find(id: string): SimulatedAccount | undefined;
  bySecretKey(key: string): StripeAccount | undefined;
  byPublishableKey(key: string): StripeAccount | undefined;
  byMerchant(merchantId: string): readonly NuveiAccount[];
}

export async function openAccountBook(database: Database, clock: Clock): Promise<AccountBook> {
  const rows = await database.client.simulatorAccount.findMany();
  const accounts = new Map(
    rows.map(({ credentials }) => accountSchema.parse(credentials)).map((account) => [account.id, account]),
  );
  const stripe = () => [...accounts.values()].filter((account) => account.dialect === 'STRIPE');
  const nuvei = () => [...accounts.values()].filter((account) => account.dialect === 'NUVEI');
  const twinOf = (account: SimulatedAccount) =>
    [...accounts.values()].find((other) => other.id !== account.id && nameOf(other) === nameOf(account))?.id ?? null;
  const hasRoomFor = ({ id }: SimulatedAccount) => accounts.has(id) || accounts.size < ACCOUNTS_MAX;
  return {
    twinOf,
    hasRoomFor,
    async add(given) {
      const account = accountSchema.parse(given);
      const twin = twinOf(account);
      if (twin !== null) throw new Error(`The simulated account ${twin} has the same keys. Give each account keys of its own.`);
      const row = { id: account.id, dialect: account.dialect, credentials: account, createdAt: clock.now() };
      await database.client.simulatorAccount.upsert({ where: { id: account.id }, create: row, update: row });
      accounts.set(account.id, account);
    },
    find: (id) => accounts.get(id),
    bySecretKey: (key) => stripe().find(({ secretKey }) => secretKey === key),
    byPublishableKey: (key) => stripe().find(({ publishableKey }) => publishableKey === key),
    byMerchant: (merchantId) => nuvei().filter((account) => account.merchantId === merchantId),
  };
}

/** What calls are told apart by. */
function nameOf(account: SimulatedAccount): string {
  switch (account.dialect) {
    case 'STRIPE':
      return account.secretKey;
    case 'NUVEI':
      return `${account.merchantId} ${account.merchantSiteId}`;
  }
}
