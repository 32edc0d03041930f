import './account.ts';
import './ach.ts';
import './base-config.ts';
import './contexts.ts';
import './customer.ts';
import './merchant.ts';
import './money-mutations.ts';
import './payment-method.ts';
import './payment-method-sync.ts';
import './public.ts';
import './scalars.ts';
import './session-queries.ts';
import './session-start.ts';
import './session-verify.ts';
import './session.ts';
import './stored-method-mutations.ts';
import './transaction-queries.ts';
import './transaction.ts';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.ts';

/** The schema that the official SDKs' documents fit. Every file above adds its part when it is loaded. */
export const schema = builder.toSchema();

/** The text of schema.graphql beside this file: sorted, so that a diff shows what changed and nothing else. */
export function printAccrupaySchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
