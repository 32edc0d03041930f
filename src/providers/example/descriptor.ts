import type { ProviderDescriptor } from '../descriptor.ts';

export const EXAMPLE: ProviderDescriptor = {
  label: 'Example',
  description: 'The built-in test bank moves no real money and exists in the TEST environment only.',
  isTestOnly: true,
  credentials: { webhookSecret: { hint: 'whsec_…', form: null, sample: { prefix: 'whsec_' } } },
  contentSources: {},
};
