import { z } from 'zod';
import { checked } from '../endpoint/checked.ts';
import { unwrap } from '../endpoint/errors.ts';
import { type BaseConfig, readBaseConfig } from '../sessions/base-config.ts';
import { builder, type Fields } from './builder.ts';
import { type AccrupayContext, requireMerchant } from './context.ts';
import { ProviderEnum } from './enums.ts';
import { type Routing, route, routingArgs, routingShape } from './routing.ts';

function text({ config }: BaseConfig, name: string): string | null {
  const value = config[name];
  return typeof value === 'string' ? value : null;
}

const env = ({ environment }: BaseConfig) => (environment === 'LIVE' ? 'prod' : 'int');

const nuveiFields = (t: Fields<BaseConfig>) => ({
  merchantId: t.string({ resolve: (config) => text(config, 'merchantId') ?? '' }),
  merchantSiteId: t.string({ resolve: (config) => text(config, 'merchantSiteId') ?? '' }),
  env: t.string({ description: '`prod` for real money, `int` for tests.', resolve: env }),
  environment: t.string({ deprecationReason: 'It is env.', resolve: env }),
});

const genericFields = (t: Fields<BaseConfig>) => ({
  provider: t.expose('transactionProvider', { type: ProviderEnum }),
  publicKey: t.string({
    nullable: true,
    description: 'The provider’s publishable key. Null where it has none.',
    resolve: (config) => text(config, 'publishableKey'),
  }),
});

const NuveiConfig = builder.objectRef<BaseConfig>('MerchantClientTransactionSessionNuveiBaseConfig').implement({
  fields: (t) => ({
    ...nuveiFields(t),
    provider: t.expose('transactionProvider', { type: ProviderEnum, deprecationReason: 'The parent has it.' }),
  }),
});

const GenericConfig = builder.objectRef<BaseConfig>('MerchantClientTransactionSessionGenericBaseConfig').implement({
  fields: genericFields,
});

export const BaseConfigData = builder.unionType('MerchantClientTransactionSessionBaseConfigData', {
  types: [NuveiConfig, GenericConfig],
  resolveType: (config) => (config.transactionProvider === 'NUVEI' ? NuveiConfig : GenericConfig),
});

const NuveiPreSession = builder.objectRef<BaseConfig>('MerchantClientTransactionNuveiPreSessionData').implement({
  fields: (t) => ({ ...nuveiFields(t), provider: t.expose('transactionProvider', { type: ProviderEnum }) }),
});

const GenericPreSession = builder.objectRef<BaseConfig>('MerchantClientTransactionGenericPreSessionData').implement({
  fields: genericFields,
});

/** The base config as clients before 0.15 ask for it. */
export const PreSessionData = builder.unionType('MerchantClientTransactionPreSessionData', {
  types: [NuveiPreSession, GenericPreSession],
  resolveType: (config) => (config.transactionProvider === 'NUVEI' ? NuveiPreSession : GenericPreSession),
});

export const BaseConfigObject = builder.objectRef<BaseConfig>('MerchantClientTransactionSessionBaseConfig').implement({
  description: 'What a browser may load before a session exists. It holds no secret.',
  fields: (t) => ({
    provider: t.expose('transactionProvider', { type: ProviderEnum }),
    data: t.field({ type: BaseConfigData, resolve: (config) => config }),
  }),
});

const routed = checked(z.looseObject(routingShape));

async function readRouted(context: AccrupayContext, routing: Routing): Promise<BaseConfig> {
  const scope = requireMerchant(context);
  return unwrap(await readBaseConfig(context.deps, scope, await route(context, routing)));
}

builder.queryFields((t) => ({
  merchantApiClientTransactionSessionBaseConfig: t.field({
    type: BaseConfigObject,
    args: routingArgs,
    validate: routed,
    resolve: (_root, routing, context) => readRouted(context, routing),
  }),
  merchantApiClientGetPreSessionData: t.field({
    type: PreSessionData,
    deprecationReason: 'It is the data of merchantApiClientTransactionSessionBaseConfig.',
    args: routingArgs,
    validate: routed,
    resolve: (_root, routing, context) => readRouted(context, routing),
  }),
}));
