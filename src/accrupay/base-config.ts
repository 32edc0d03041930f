import { z } from 'zod';
import { unwrap } from '../endpoint/errors.ts';
import { type BaseConfig, readBaseConfig } from '../sessions/base-config.ts';
import { builder } from './builder.ts';
import { requireMerchant } from './context.ts';
import { ProviderEnum } from './enums.ts';
import { route, routingArgs, routingShape } from './routing.ts';

function text({ config }: BaseConfig, name: string): string | null {
  const value = config[name];
  return typeof value === 'string' ? value : null;
}

const env = ({ environment }: BaseConfig) => (environment === 'LIVE' ? 'prod' : 'int');

const NuveiConfig = builder.objectRef<BaseConfig>('MerchantClientTransactionSessionNuveiBaseConfig').implement({
  fields: (t) => ({
    merchantId: t.string({ resolve: (config) => text(config, 'merchantId') ?? '' }),
    merchantSiteId: t.string({ resolve: (config) => text(config, 'merchantSiteId') ?? '' }),
    env: t.string({ description: '`prod` for real money, `int` for tests.', resolve: env }),
    environment: t.string({ deprecationReason: 'It is env.', resolve: env }),
    provider: t.expose('transactionProvider', { type: ProviderEnum, deprecationReason: 'The parent has it.' }),
  }),
});

const GenericConfig = builder.objectRef<BaseConfig>('MerchantClientTransactionSessionGenericBaseConfig').implement({
  fields: (t) => ({
    provider: t.expose('transactionProvider', { type: ProviderEnum }),
    publicKey: t.string({
      nullable: true,
      description: 'The provider’s publishable key. Null where it has none.',
      resolve: (config) => text(config, 'publishableKey'),
    }),
  }),
});

export const BaseConfigData = builder.unionType('MerchantClientTransactionSessionBaseConfigData', {
  types: [NuveiConfig, GenericConfig],
  resolveType: (config) => (config.transactionProvider === 'NUVEI' ? NuveiConfig : GenericConfig),
});

export const BaseConfigObject = builder.objectRef<BaseConfig>('MerchantClientTransactionSessionBaseConfig').implement({
  description: 'What a browser may load before a session exists. It holds no secret.',
  fields: (t) => ({
    provider: t.expose('transactionProvider', { type: ProviderEnum }),
    data: t.field({ type: BaseConfigData, resolve: (config) => config }),
  }),
});

builder.queryField('merchantApiClientTransactionSessionBaseConfig', (t) =>
  t.field({
    type: BaseConfigObject,
    args: routingArgs,
    validate: { schema: z.looseObject(routingShape) as never },
    resolve: async (_root, routing, context) => {
      const scope = requireMerchant(context);
      return unwrap(await readBaseConfig(context.deps, scope, await route(context, routing)));
    },
  }),
);
