import type { MerchantScope } from '../kernel/scope.ts';

/** Directives of a content security policy that a vendor's script may add to. */
export type Directive = 'script-src' | 'style-src' | 'img-src' | 'connect-src' | 'frame-src' | 'form-action';

/** What a credential looks like, and the message for one that does not: it names the credential and never its value. */
export interface CredentialForm {
  readonly pattern: RegExp;
  readonly problem: string;
}

export interface CredentialDescriptor {
  /** How people recognize the value, for `--help`. */
  readonly hint: string;
  /** By environment; null where the gateway makes the value itself, like the sample. */
  readonly form: Readonly<Record<MerchantScope['environment'], CredentialForm>> | null;
  /** For accounts at a simulator or at the test bank: the value, or the beginning of a random one. */
  readonly sample: { readonly value: string } | { readonly prefix: string };
  /** Several values at once, for instance while a secret is rotated: one text with commas between. */
  readonly isRepeatable?: true;
}

/** What Tollgate knows of a provider before any call: plain data, for the command line, the pages, the schema and the console. */
export interface ProviderDescriptor {
  /** As people read it. */
  readonly label: string;
  /** One sentence for the API's schema. */
  readonly description: string;
  /** Moves no real money, is part of this gateway and exists in TEST only. */
  readonly isTestOnly: boolean;
  /** By name in camel case, from which the option of the command line follows. */
  readonly credentials: Readonly<Record<string, CredentialDescriptor>>;
  /** What the checkout page's policy allows for the vendor's own script; empty where none is loaded. */
  readonly contentSources: Readonly<Partial<Record<Directive, readonly string[]>>>;
}
