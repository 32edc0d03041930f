import type { Contact } from '../providers/provider.ts';

/** Whom stored payment methods belong to. Created by the first start that names or needs it. */
export interface Customer {
  readonly id: string;
  /** Null for the anonymous customer of a start that stored a method without naming anyone. */
  readonly merchantInternalCustomerCode: string | null;
  /** As the customer's first session told it; null once erased. */
  readonly contact: Contact | null;
  readonly isErased: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type CustomerSelector = { readonly id: string } | { readonly merchantInternalCustomerCode: string };
