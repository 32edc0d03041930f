import type { ProviderDescriptor } from './descriptor.ts';
import { EXAMPLE } from './example/descriptor.ts';
import { NUVEI } from './nuvei/descriptor.ts';
import { STRIPE } from './stripe/descriptor.ts';

/** Every provider by its name in the API, which is stored and never changes. */
const LIST = { EXAMPLE, STRIPE, NUVEI } as const satisfies Readonly<Record<string, ProviderDescriptor>>;

export type ProviderName = keyof typeof LIST;
export const DESCRIPTORS: Readonly<Record<ProviderName, ProviderDescriptor>> = LIST;
export const PROVIDER_NAMES = Object.keys(LIST) as readonly ProviderName[];
