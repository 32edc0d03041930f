import SchemaBuilder from '@pothos/core';
import ZodPlugin from '@pothos/plugin-zod';
import { badInput, toIssues } from '../endpoint/errors.ts';
import type { AccrupayContext } from './context.ts';

/** The dialect's own builder. Types, queries and mutations register themselves on it; `schema.ts` collects them. */
export const builder = new SchemaBuilder<{
  Context: AccrupayContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    BigInt: { Input: bigint; Output: bigint };
    DateTimeISO: { Input: Date; Output: Date };
    ConnectionCursor: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
  };
}>({
  plugins: [ZodPlugin],
  defaultFieldNullability: false,
  zod: { validationError: (error) => badInput(toIssues(error)) },
});

/** The types that the builder was made with, for helpers that take its refs. */
export type Types = typeof builder.$inferSchemaTypes;
export type InputFields = PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>;
export type Fields<Parent> = PothosSchemaTypes.ObjectFieldBuilder<Types, Parent>;

builder.queryType({ description: 'What the AccruPay SDKs read. `merchantApi…` needs a secret, `clientPublic…` does not.' });
builder.mutationType({ description: 'What the AccruPay SDKs change.' });
