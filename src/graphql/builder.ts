import SchemaBuilder from '@pothos/core';
import ZodPlugin from '@pothos/plugin-zod';
import { badInput, toIssues } from '../endpoint/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import type { GraphqlContext } from './context.ts';

/** The one builder. Types, queries and mutations register themselves on it, each file its own; `schema.ts` collects them. */
export const builder = new SchemaBuilder<{
  Context: GraphqlContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    BigInt: { Input: bigint; Output: bigint };
    DateTime: { Input: Date; Output: Date };
    JSON: { Input: unknown; Output: unknown };
    JSONObject: { Input: Record<string, unknown>; Output: JsonObject };
  };
}>({
  plugins: [ZodPlugin],
  defaultFieldNullability: false,
  zod: { validationError: (error) => badInput(toIssues(error)) },
});

/** The types that the builder was made with, for helpers that take its refs. */
export type Types = typeof builder.$inferSchemaTypes;
export type Fields<Parent> = PothosSchemaTypes.ObjectFieldBuilder<Types, Parent>;
export type InputFields = PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>;

/** The options of a field that may be null. */
export function nullable(description: string) {
  return { nullable: true, description } as const;
}

/** The options of an instant that may be null. */
export function nullableInstant(description: string) {
  return { type: 'DateTime', ...nullable(description) } as const;
}

builder.queryType({ description: 'Everything that can be read. No query changes anything but that a payer opened a session.' });
builder.mutationType({
  description:
    'Everything that changes something. Mutations of one request run one after the other, and each is safe to repeat as it tells.',
});
builder.subscriptionType({
  description:
    'What can be followed, by POST and as `text/event-stream`. A stream ends after 15 minutes: subscribe again behind its last message.',
});
