import type { CredentialDescriptor, ProviderDescriptor } from '../descriptor.ts';

const WEBHOOK_SECRETS = {
  pattern: /^[\s,]*whsec_[\w+/=-]+(?:[\s,]+whsec_[\w+/=-]+)*[\s,]*$/,
  problem: 'webhookSecret: one or several signing secrets are needed, each beginning with whsec_ and separated by commas.',
};

export const STRIPE: ProviderDescriptor = {
  label: 'Stripe',
  description: 'Payments run through Stripe.',
  isTestOnly: false,
  // How keys begin (docs.stripe.com/keys, 2026-10). A restricted key (`rk_`) does what a secret one does.
  credentials: {
    secretKey: { hint: 'sk_… or rk_…', form: formsOf('secretKey', ['sk', 'rk']), sample: { prefix: 'sk_test_' } },
    publishableKey: { hint: 'pk_…', form: formsOf('publishableKey', ['pk']), sample: { prefix: 'pk_test_' } },
    webhookSecret: {
      hint: 'whsec_… of the webhook endpoint; several while it is rotated',
      form: { TEST: WEBHOOK_SECRETS, LIVE: WEBHOOK_SECRETS },
      sample: { prefix: 'whsec_' },
      isRepeatable: true,
    },
  },
  // Stripe's integration security guide (read 2026-11).
  contentSources: {
    'script-src': ['https://js.stripe.com', 'https://*.js.stripe.com'],
    'frame-src': ['https://js.stripe.com', 'https://*.js.stripe.com', 'https://hooks.stripe.com'],
    'connect-src': ['https://api.stripe.com'],
  },
};

/** The environment that a key is of stands behind its beginning. */
function formsOf(name: string, prefixes: readonly string[]): CredentialDescriptor['form'] {
  const formOf = (environment: 'TEST' | 'LIVE') => {
    const beginnings = prefixes.map((prefix) => `${prefix}_${environment.toLowerCase()}_`);
    const problem = `${name}: a ${environment} account needs a key that begins with ${beginnings.join(' or ')}.`;
    return { pattern: new RegExp(`^(${beginnings.join('|')})[\\w-]+$`), problem };
  };
  return { TEST: formOf('TEST'), LIVE: formOf('LIVE') };
}
