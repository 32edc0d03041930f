import { writeFileSync } from 'node:fs';
import { printNativeSchema } from '../src/graphql/schema.ts';

// `npm run schema`: writes schema.graphql from the code. A test fails when the two differ.
writeFileSync(new URL('../schema.graphql', import.meta.url), printNativeSchema());
