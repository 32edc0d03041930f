import { openTo } from '../endpoint/strangers.ts';
import { findMerchant } from '../merchants/find-merchant.ts';
import type { Merchant } from '../merchants/merchant.ts';
import { requireMerchant, requireViewer } from './access.ts';
import { builder } from './builder.ts';
import { EnvironmentEnum } from './enums.ts';

const MerchantObject = builder.objectRef<Merchant>('Merchant').implement({
  description: 'The merchant whose key or session this is.',
  fields: (t) => ({
    publicId: t.exposeID('publicId', { description: 'The id of the merchant that everybody may know.' }),
    name: t.exposeString('name', { description: 'The name of the merchant, as payers read it.' }),
    environment: t.field({
      type: EnvironmentEnum,
      description: 'The side that the credential sees.',
      resolve: (_merchant, _args, context) => requireViewer(context).scope.environment,
    }),
    id: t.id({
      description: 'The internal id of the merchant, for secret keys only.',
      resolve: (merchant, _args, context) => {
        requireMerchant(context);
        return merchant.id;
      },
    }),
    returnOrigins: t.stringList({
      description: 'The origins that a returnUrl may begin with, for secret keys only.',
      resolve: (merchant, _args, context) => {
        requireMerchant(context);
        return merchant.returnOrigins;
      },
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the merchant was created, for secret keys only.',
      resolve: (merchant, _args, context) => {
        requireMerchant(context);
        return merchant.createdAt;
      },
    }),
  }),
});

builder.queryField('merchant', (t) =>
  t.field({
    type: MerchantObject,
    extensions: openTo('CREDENTIALS'),
    description: 'The merchant whose credential came with the request. Every credential sees its public id and name.',
    resolve: async (_root, _args, context) => {
      const { scope } = requireViewer(context);
      const merchant = await findMerchant(context.deps, scope.merchantId);
      if (merchant === null) throw new Error(`The credential belongs to a merchant that does not exist: ${scope.merchantId}.`);
      return merchant;
    },
  }),
);
