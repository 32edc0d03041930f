import './api-key.ts';
import './base-config.ts';
import './contact.ts';
import './customer.ts';
import './event.ts';
import './live.ts';
import './merchant.ts';
import './money-mutations.ts';
import './operation.ts';
import './overview.ts';
import './payment-method.ts';
import './provider-account.ts';
import './scalars.ts';
import './session-queries.ts';
import './session.ts';
import './start.ts';
import './transaction-queries.ts';
import './transaction.ts';
import './verify.ts';
import './webhook.ts';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.ts';

/** The native schema. Every file above adds its type, queries and mutations to the builder when it is loaded. */
export const schema = builder.toSchema();

/** The text of schema.graphql: sorted, so that a diff shows what changed and nothing else. */
export function printNativeSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
