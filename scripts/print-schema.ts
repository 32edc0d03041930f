import { writeFileSync } from 'node:fs';
import { printAccrupaySchema } from '../src/accrupay/schema.ts';
import { printNativeSchema } from '../src/graphql/schema.ts';

// `npm run schema`: writes the schema of each dialect from the code. A test of each fails when the two differ.
writeFileSync(new URL('../schema.graphql', import.meta.url), printNativeSchema());
writeFileSync(new URL('../src/accrupay/schema.graphql', import.meta.url), printAccrupaySchema());
