import type { CredentialDescriptor, CredentialForm, ProviderDescriptor } from '../descriptor.ts';

const NUMBER = /^\d{1,20}$/;

export const NUVEI: ProviderDescriptor = {
  label: 'Nuvei',
  description: 'Payments run through Nuvei.',
  isTestOnly: false,
  credentials: {
    merchantId: { hint: 'id of the merchant', form: formOf('merchantId', NUMBER), sample: { value: '1000001' } },
    merchantSiteId: { hint: 'id of the merchant’s site', form: formOf('merchantSiteId', NUMBER), sample: { value: '100001' } },
    merchantSecretKey: {
      hint: 'secret key of the site',
      form: formOf('merchantSecretKey', /^[\x21-\x7e]{6,255}$/),
      sample: { prefix: '' },
    },
  },
  // Nuvei publishes no list. The hosts of the script and of the API are from its Web SDK guide (read 2026-11). The rest is assumed: a
  // 3-D Secure challenge is a frame of any bank, reached by a form that is sent there, and the script brings styles of its own.
  contentSources: {
    'script-src': ['https://cdn.safecharge.com'],
    'style-src': ["'unsafe-inline'", 'https://cdn.safecharge.com'],
    'img-src': ['https://cdn.safecharge.com'],
    'connect-src': [
      'https://cdn.safecharge.com',
      'https://ppp-test.nuvei.com',
      'https://ppp-test.safecharge.com',
      'https://secure.safecharge.com',
    ],
    'frame-src': ['https:'],
    'form-action': ['https:'],
  },
};

/** Nuvei's credentials do not tell which environment they are of. */
function formOf(name: string, pattern: RegExp): CredentialDescriptor['form'] {
  const form: CredentialForm = { pattern, problem: `${name} does not have the form of one of Nuvei’s.` };
  return { TEST: form, LIVE: form };
}
