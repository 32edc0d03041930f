import type { Environment } from '../provider.ts';

type Credentials = Readonly<Record<string, string>>;

export const CREDENTIAL_NAMES = ['secretKey', 'publishableKey', 'webhookSecret'] as const;

/** How keys begin on each side (docs.stripe.com/keys, 2026-10). A restricted key (`rk_`) does what a secret one does. */
const KEY_FORMS: Readonly<Record<Environment, { secretKey: RegExp; publishableKey: RegExp }>> = {
  TEST: { secretKey: /^(sk|rk)_test_[\w-]+$/, publishableKey: /^pk_test_[\w-]+$/ },
  LIVE: { secretKey: /^(sk|rk)_live_[\w-]+$/, publishableKey: /^pk_live_[\w-]+$/ },
};
const WEBHOOK_SECRET = /^whsec_[\w+/=-]+$/;

/** Null when all of them have the form that the side asks for, else what is wrong with the first that has not. */
export function checkCredentials(environment: Environment, credentials: Credentials): string | null {
  const forms = KEY_FORMS[environment];
  const side = environment.toLowerCase();
  if (!forms.secretKey.test(credentials['secretKey'] ?? '')) {
    return `secretKey: a ${environment} account needs a key that begins with sk_${side}_ or rk_${side}_.`;
  }
  if (!forms.publishableKey.test(credentials['publishableKey'] ?? '')) {
    return `publishableKey: a ${environment} account needs a key that begins with pk_${side}_.`;
  }
  const secrets = webhookSecretsOf(credentials);
  if (secrets.length > 0 && secrets.every((secret) => WEBHOOK_SECRET.test(secret))) return null;
  return 'webhookSecret: one or several signing secrets are needed, each beginning with whsec_ and separated by commas.';
}

/** Several while the endpoint's secret is rolled over, or where several endpoints lead here; separated by commas or spaces. */
export function webhookSecretsOf(credentials: Credentials): readonly string[] {
  return (credentials['webhookSecret'] ?? '').split(/[\s,]+/).filter((secret) => secret !== '');
}
