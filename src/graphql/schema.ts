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
import './session.ts';
import './start.ts';
import './transaction.ts';
import './webhook-delivery.ts';
import './webhook-endpoint.ts';
import './webhook.ts';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { GraphQLJSON, GraphQLJSONObject } from 'graphql-scalars';
import { BigIntScalar, DateTimeScalar } from '../endpoint/scalars.ts';
import { builder } from './builder.ts';

builder.addScalarType('BigInt', BigIntScalar);
builder.addScalarType('DateTime', DateTimeScalar);
builder.addScalarType('JSON', GraphQLJSON);
builder.addScalarType('JSONObject', GraphQLJSONObject);

/** The native schema. Every file above adds its type, queries and mutations to the builder when it is loaded. */
export const schema = builder.toSchema();

/** The text of schema.graphql: sorted, so that a diff shows what changed and nothing else. */
export function printNativeSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
