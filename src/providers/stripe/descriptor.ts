import type { ProviderDescriptor } from '../descriptor.ts';

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
    secretKey: {
      hint: 'sk_… or rk_…',
      form: {
        TEST: {
          pattern: /^(sk|rk)_test_[\w-]+$/,
          problem: 'secretKey: a TEST account needs a key that begins with sk_test_ or rk_test_.',
        },
        LIVE: {
          pattern: /^(sk|rk)_live_[\w-]+$/,
          problem: 'secretKey: a LIVE account needs a key that begins with sk_live_ or rk_live_.',
        },
      },
      sample: { prefix: 'sk_test_' },
    },
    publishableKey: {
      hint: 'pk_…',
      form: {
        TEST: {
          pattern: /^pk_test_[\w-]+$/,
          problem: 'publishableKey: a TEST account needs a key that begins with pk_test_.',
        },
        LIVE: {
          pattern: /^pk_live_[\w-]+$/,
          problem: 'publishableKey: a LIVE account needs a key that begins with pk_live_.',
        },
      },
      sample: { prefix: 'pk_test_' },
    },
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
