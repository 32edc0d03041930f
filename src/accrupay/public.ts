import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { refuse, unwrap } from '../endpoint/errors.ts';
import { openTo } from '../endpoint/strangers.ts';
import { code } from '../endpoint/text-rules.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { findMerchantByPublicId } from '../merchants/find-merchant.ts';
import type { AccountRecord } from '../merchants/provider-account.ts';
import type { ProviderName } from '../providers/provider.ts';
import { type BaseConfig, readBaseConfig, readBaseConfigOf } from '../sessions/base-config.ts';
import { openSession } from '../sessions/open.ts';
import { findSession, readSessionPersonalData, readSessionSecrets } from '../sessions/read.ts';
import { isOpen, type Session } from '../sessions/session.ts';
import { BaseConfigData, BaseConfigObject, PreSessionData } from './base-config.ts';
import { builder } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { CustomerSelectorInput } from './customer.ts';
import { CurrencyEnum, ProviderEnum, SecCodeEnum } from './enums.ts';
import { BillingInput, DeviceInput, ShippingInput, UserInput } from './people.ts';
import { SessionObject, TransactionObject } from './refs.ts';
import { routingArgs } from './routing.ts';
import { type BrowserPart, type ShownSession, showToBrowser } from './shown-session.ts';

// What needs no secret: the public id of the merchant and the id of a session, which says neither TEST nor LIVE. Only sessions of this
// dialect are shown: everywhere else a session's id opens nothing, and its merchant may hand it out freely.

interface PublicSession {
  readonly baseConfig: BaseConfig;
  readonly shown: ShownSession;
}

const PublicSessionObject = builder.objectRef<PublicSession>('MerchantClientPublicTransactionSessionData').implement({
  description: 'What a payment form needs to complete one session.',
  fields: (t) => ({
    provider: t.field({ type: ProviderEnum, resolve: ({ baseConfig }) => baseConfig.transactionProvider }),
    baseConfig: t.field({ type: BaseConfigData, resolve: ({ baseConfig }) => baseConfig }),
    transactionSession: t.field({ type: SessionObject, resolve: ({ shown }) => shown }),
  }),
});

builder.queryFields((t) => ({
  clientPublicTransactionSession: t.field({
    type: PublicSessionObject,
    extensions: openTo('EVERYBODY'),
    description:
      'One session for the browser that completes it, which makes it ACTIVE. Nothing personal but what the form submits, while it is open.',
    args: {
      merchantPublicId: t.arg.string({ required: true }),
      transactionSessionId: t.arg.string({ required: true }),
    },
    validate: checked(z.looseObject({ merchantPublicId: code, transactionSessionId: code })),
    resolve: async (_root, args, context): Promise<PublicSession> => {
      const found = await findPublicSession(context, args);
      const session = isPayable(context, found) ? await openSession(context.deps, found) : found;
      const baseConfig = await readBaseConfigOf(context.deps, session);
      return { baseConfig, shown: showToBrowser(session, await readBrowserPart(context, session)) };
    },
  }),
  clientPublicTransactionSessionBaseConfig: t.field({
    type: BaseConfigObject,
    extensions: openTo('EVERYBODY'),
    description: 'What a browser may load before there is a session. Without one, LIVE accounts are looked for before TEST ones.',
    args: {
      merchantPublicId: t.arg.string({ required: true }),
      transactionSessionId: t.arg.string(),
      transactionProvider: t.arg({ type: ProviderEnum }),
    },
    validate: checked(z.looseObject({ merchantPublicId: code, transactionSessionId: code.nullish() })),
    resolve: async (_root, { merchantPublicId, transactionSessionId, transactionProvider }, context) => {
      if (transactionSessionId == null) return readPreload(context, merchantPublicId, transactionProvider ?? null);
      return readBaseConfigOf(context.deps, await findPublicSession(context, { merchantPublicId, transactionSessionId }));
    },
  }),
  clientPublicTransactionGetPreSessionData: t.field({
    type: PreSessionData,
    extensions: openTo('EVERYBODY'),
    description: 'The base config of a session by its id, which is its code as well.',
    deprecationReason: 'It is the data of clientPublicTransactionSessionBaseConfig.',
    args: {
      merchantPublicId: t.arg.string({ required: true }),
      transactionCode: t.arg.string({ required: true }),
      transactionId: t.arg.string({ required: true }),
    },
    validate: checked(z.looseObject({ merchantPublicId: code, transactionCode: code, transactionId: code })),
    resolve: async (_root, { merchantPublicId, transactionCode, transactionId }, context) => {
      if (transactionCode !== transactionId) throw noSuchSession();
      const named = { merchantPublicId, transactionSessionId: transactionId };
      return readBaseConfigOf(context.deps, await findPublicSession(context, named));
    },
  }),
}));

async function findPublicSession(
  context: AccrupayContext,
  named: { merchantPublicId: string; transactionSessionId: string },
): Promise<Session> {
  const by = { id: named.transactionSessionId };
  for (const scope of await scopesOf(context, named.merchantPublicId)) {
    const found = await findSession(context.deps, scope, by);
    if (found.ok && found.value.dialect === 'ACCRUPAY') return found.value;
  }
  throw noSuchSession();
}

function noSuchSession() {
  return refuse('SESSION_NOT_FOUND', 'There is no such payment session. Go back to the shop and start again.');
}

/** Both sides of a merchant, real money first; none for a merchant that does not exist. */
async function scopesOf(context: AccrupayContext, merchantPublicId: string): Promise<readonly MerchantScope[]> {
  const merchant = await findMerchantByPublicId(context.deps, merchantPublicId);
  if (merchant === null) return [];
  const { id: merchantId } = merchant;
  return [
    { merchantId, environment: 'LIVE' },
    { merchantId, environment: 'TEST' },
  ];
}

function isPayable({ deps }: AccrupayContext, session: Session): boolean {
  return isOpen(session.status) && session.closingAs === null && deps.clock.now() < session.tokenExpiresAt;
}

/** The official form submits the billing data at Nuvei, so it alone is given them, while the session can be paid. */
async function readBrowserPart(context: AccrupayContext, session: Session): Promise<BrowserPart> {
  if (!isPayable(context, session)) return { clientToken: null, billing: null };
  const { deps } = context;
  const secrets = await readSessionSecrets(deps, session, [session.id]);
  const people = session.provider === 'NUVEI' ? await readSessionPersonalData(deps, session, [session.id]) : undefined;
  return {
    clientToken: secrets.get(session.id)?.clientToken ?? null,
    billing: people?.get(session.id)?.billing ?? null,
  };
}

async function readPreload(
  context: AccrupayContext,
  merchantPublicId: string,
  provider: ProviderName | null,
): Promise<BaseConfig> {
  for (const scope of await scopesOf(context, merchantPublicId)) {
    const isMeant = (account: AccountRecord) =>
      account.environment === scope.environment &&
      account.status === 'ENABLED' &&
      (provider ?? account.provider) === account.provider;
    const enabled = (await context.accountsOf(scope.merchantId)).filter(isMeant);
    const account =
      enabled.find(({ isDefault }) => isDefault && provider !== null) ?? (enabled.length === 1 ? enabled[0] : undefined);
    if (account !== undefined)
      return unwrap(await readBaseConfig(context.deps, scope, { merchantTransactionProviderId: account.id }));
  }
  throw refuse('PROVIDER_ACCOUNT_NOT_FOUND', 'This shop cannot take payments in this way at the moment.');
}

const AchDataInput = builder.inputType('MerchantServerAchTransactionDataSchema', {
  fields: (t) => ({
    accountNumber: t.string({ required: true }),
    routingNumber: t.string({ required: true }),
    secCode: t.field({ type: SecCodeEnum }),
  }),
});

const AchPaymentInput = builder.inputType('MerchantApiServerAchPaymentTransactionCreateSchema', {
  fields: (t) => ({
    amount: t.field({ type: 'BigInt', required: true }),
    currency: t.field({ type: CurrencyEnum, required: true }),
    merchantInternalTransactionCode: t.string({ required: true }),
    storePaymentMethod: t.boolean({ required: true }),
    billing: t.field({ type: BillingInput, required: true }),
    ach: t.field({ type: AchDataInput, required: true }),
    customer: t.field({ type: CustomerSelectorInput }),
    merchantInternalCustomerCode: t.string(),
    shipping: t.field({ type: ShippingInput }),
    user: t.field({ type: UserInput }),
    device: t.field({ type: DeviceInput }),
  }),
});

builder.mutationField('merchantApiServerAchPaymentTransactionCreate', (t) =>
  t.field({
    type: TransactionObject,
    description: 'Always refused, and nothing of it is kept: Tollgate takes no bank accounts.',
    args: { ...routingArgs, data: t.arg({ type: AchPaymentInput, required: true }) },
    resolve: (_root, _args, context) => {
      requireMerchant(context);
      throw refuse('UNSUPPORTED', 'Tollgate takes no payments from bank accounts (ACH). Nothing was sent.');
    },
  }),
);
