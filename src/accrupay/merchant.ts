import { findMerchant } from '../merchants/find-merchant.ts';
import type { Merchant } from '../merchants/merchant.ts';
import { builder } from './builder.ts';
import { requireMerchant } from './context.ts';
import { CountryEnum, EntityTypeEnum, LegalIdentifierTypeEnum, MerchantStatusEnum } from './enums.ts';

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
