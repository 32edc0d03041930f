import { unwrap } from '../endpoint/errors.ts';
import { openTo } from '../endpoint/strangers.ts';
import { type BaseConfig, readBaseConfig } from '../sessions/base-config.ts';
import { requireKey } from './access.ts';
import { builder } from './builder.ts';
import { EnvironmentEnum, ProviderEnum, SessionKindEnum } from './enums.ts';
import { ProviderSelector, toAccountSelector } from './selectors.ts';

const BaseConfigObject = builder.objectRef<BaseConfig>('BaseConfig').implement({
  description: 'What a browser may load before a session exists. It holds no secret.',
  fields: (t) => ({
    transactionProviderId: t.exposeID('transactionProviderId', { description: 'The id of the provider account.' }),
    transactionProvider: t.expose('transactionProvider', { type: ProviderEnum, description: 'The provider of the account.' }),
    environment: t.expose('environment', { type: EnvironmentEnum, description: 'Whether the account moves real money.' }),
    sessionKinds: t.field({
      type: [SessionKindEnum],
      description: 'The kinds of session that the provider offers.',
      resolve: (config) => config.sessionKinds,
    }),
    config: t.expose('config', { type: 'JSONObject', description: 'What the provider’s browser part needs.' }),
  }),
});

builder.queryField('baseConfig', (t) =>
  t.field({
    type: BaseConfigObject,
    extensions: openTo('KEYS'),
    description: 'The configuration of a provider account for browsers. A publishable key is enough.',
    args: { provider: t.arg({ type: ProviderSelector, required: true, description: 'Which provider account.' }) },
    resolve: async (_root, { provider }, context) => {
      const scope = requireKey(context);
      return unwrap(await readBaseConfig(context.deps, scope, toAccountSelector(provider)));
    },
  }),
);
