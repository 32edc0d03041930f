import type { ZodType } from 'zod';

/** A validation by the schema. The plugin's types ask for one that reads exactly the input's own type; a looser one is as good. */
export function checked(schema: ZodType): { schema: never } {
  return { schema: schema as never };
}
