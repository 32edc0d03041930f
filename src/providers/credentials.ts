import type { MerchantScope } from '../kernel/scope.ts';
import { newSecret } from '../kernel/secret.ts';
import type { ProviderDescriptor } from './descriptor.ts';

/** Null when each credential has the form that the environment asks for, else what is wrong with the first that has not. */
export function findCredentialProblem(
  { credentials }: ProviderDescriptor,
  environment: MerchantScope['environment'],
  given: Readonly<Record<string, string>>,
): string | null {
  const wrong = Object.entries(credentials).find(
    ([name, { form }]) => form?.[environment].pattern.test(given[name] ?? '') === false,
  );
  return wrong?.[1].form?.[environment].problem ?? null;
}

/** Credentials as those of a test account look; only those that the gateway makes itself, where asked. */
export function makeSamples({ credentials }: ProviderDescriptor, which: 'all' | 'made-here' = 'all'): Record<string, string> {
  const meant = Object.entries(credentials).filter(([, { form }]) => which === 'all' || form === null);
  return Object.fromEntries(
    meant.map(([name, { sample }]) => [name, 'value' in sample ? sample.value : newSecret(sample.prefix)]),
  );
}
