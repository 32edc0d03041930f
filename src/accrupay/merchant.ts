import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { refuse } from '../endpoint/errors.ts';
import { connect } from '../endpoint/paging.ts';
import { code } from '../endpoint/text-rules.ts';
import { decodeCursor, encodeCursor, type Page, type PageRequest, toPage } from '../kernel/paging.ts';
import { ok } from '../kernel/result.ts';
import { findMerchant } from '../merchants/find-merchant.ts';
import type { Merchant } from '../merchants/merchant.ts';
import type { AccountRecord } from '../merchants/provider-account.ts';
import { builder } from './builder.ts';
import { defineConnection, listArgs, pageArgs, toSort } from './connection.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import {
  AccountStatusEnum,
  CountryEnum,
  EntityTypeEnum,
  LegalIdentifierTypeEnum,
  MerchantStatusEnum,
  ProviderEnum,
} from './enums.ts';
import { AccountObject } from './refs.ts';

/** What the contract lets be null and Tollgate does not know of its merchants. */
const UNKNOWN_TEXTS = [
  'industry',
  'websiteUrl',
  'phone',
  'emailVerificationId',
  'phoneVerificationId',
  ...['address', 'legalAddress'].flatMap((prefix) =>
    ['State', 'City', 'Line1', 'Line2', 'PostalCode'].map((part) => `${prefix}${part}`),
  ),
  'legalIdentifier',
  'primaryContactName',
  'primaryContactEmail',
  'primaryContactPhone',
  'timezone',
  'locale',
];

const MerchantObject = builder.objectRef<Merchant>('Merchant').implement({
  description: 'The merchant that the secret belongs to. Tollgate knows its name and public id; the rest is there for the form.',
  fields: (t) => ({
    id: t.exposeID('id'),
    publicId: t.exposeString('publicId', { nullable: true }),
    name: t.exposeString('name'),
    email: t.string({ description: 'Always empty: it is not kept.', resolve: () => '' }),
    entityType: t.field({
      type: EntityTypeEnum,
      description: 'Always COMPANY: it is not kept.',
      resolve: () => 'COMPANY' as const,
    }),
    status: t.field({ type: MerchantStatusEnum, resolve: () => 'ACTIVE' as const }),
    createdAt: t.expose('createdAt', { type: 'DateTimeISO' }),
    updatedAt: t.expose('createdAt', { type: 'DateTimeISO' }),
    publicIdUpdatedAt: t.field({ type: 'DateTimeISO', nullable: true, resolve: () => null }),
    archivedAt: t.field({ type: 'DateTimeISO', nullable: true, resolve: () => null }),
    addressCountry: t.field({ type: CountryEnum, nullable: true, resolve: () => null }),
    legalAddressCountry: t.field({ type: CountryEnum, nullable: true, resolve: () => null }),
    legalIdentifierType: t.field({ type: LegalIdentifierTypeEnum, nullable: true, resolve: () => null }),
    ...Object.fromEntries(UNKNOWN_TEXTS.map((name) => [name, t.string({ nullable: true, resolve: () => null })])),
  }),
});

builder.queryField('merchantApi', (t) =>
  t.field({
    type: MerchantObject,
    resolve: async (_root, _args, context) => {
      const { merchantId } = requireMerchant(context);
      const merchant = await findMerchant(context.deps, merchantId);
      if (merchant === null) throw new Error(`The secret belongs to a merchant that does not exist: ${merchantId}.`);
      return merchant;
    },
  }),
);

AccountObject.implement({
  description: 'One of the merchant’s accounts at a payment provider, without its credentials.',
  fields: (t) => ({
    id: t.exposeID('id'),
    merchantId: t.exposeString('merchantId'),
    applicationId: t.string({ nullable: true, description: 'Always null: there are no applications.', resolve: () => null }),
    providerCode: t.exposeString('id', { description: 'Our own id: accounts are known by nothing else.' }),
    provider: t.expose('provider', { type: ProviderEnum }),
    status: t.expose('status', { type: AccountStatusEnum }),
    createdAt: t.expose('createdAt', { type: 'DateTimeISO' }),
    updatedAt: t.expose('createdAt', { type: 'DateTimeISO' }),
  }),
});

const AccountConnection = defineConnection(AccountObject);

async function accountsOfScope(context: AccrupayContext): Promise<readonly AccountRecord[]> {
  const { merchantId, environment } = requireMerchant(context);
  return (await context.accountsOf(merchantId)).filter((account) => account.environment === environment);
}

builder.queryFields((t) => ({
  merchantApiTransactionProvider: t.field({
    type: AccountObject,
    args: { merchantTransactionProviderId: t.arg.string({ required: true }) },
    validate: checked(z.looseObject({ merchantTransactionProviderId: code })),
    resolve: async (_root, args, context) => {
      const found = (await accountsOfScope(context)).find(({ id }) => id === args.merchantTransactionProviderId);
      if (found === undefined) throw refuse('PROVIDER_ACCOUNT_NOT_FOUND', 'No provider account has this id.');
      return found;
    },
  }),
  merchantApiTransactionProviders: t.field({
    type: AccountConnection,
    args: {
      id: t.arg.string(),
      provider: t.arg({ type: ProviderEnum }),
      status: t.arg({ type: AccountStatusEnum }),
      ...pageArgs,
    },
    validate: listArgs('id'),
    resolve: async (_root, args, context) => {
      const { order } = toSort(args.sorting, { createdAt: 'CREATED_AT' });
      const meeting = (await accountsOfScope(context)).filter(
        (account) =>
          (args.id ?? account.id) === account.id &&
          (args.provider ?? account.provider) === account.provider &&
          (args.status ?? account.status) === account.status,
      );
      const accounts = order === 'ASC' ? meeting : meeting.toReversed();
      return connect(
        args,
        async (page) => ok(pageOf(accounts, page)),
        async () => accounts.length,
      );
    },
  }),
}));

const CURSOR_PLACE = 'provider_accounts';

/** A page of a list that is in memory: a merchant has few accounts. */
function pageOf(accounts: readonly AccountRecord[], page: PageRequest): Page<AccountRecord> {
  const isForward = page.direction === 'forward';
  const read = isForward ? accounts : accounts.toReversed();
  const start = page.cursor === null ? 0 : positionBehind(read, page.cursor);
  return toPage(page, read.slice(start + page.skip, start + page.skip + page.size + 1), (node) => ({
    node,
    cursor: encodeCursor([CURSOR_PLACE, node.id]),
  }));
}

function positionBehind(accounts: readonly AccountRecord[], cursor: string): number {
  const [place, id] = decodeCursor(cursor, 2) ?? [];
  const position = accounts.findIndex((account) => account.id === id);
  if (place === CURSOR_PLACE && position >= 0) return position + 1;
  throw refuse('BAD_USER_INPUT', 'This is not a cursor of this list.');
}
