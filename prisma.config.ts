import { defineConfig } from 'prisma/config';

// Every Prisma command first looks for a native schema engine and downloads one when there is none. Only `generate` is
// used here and it needs no engine, so any existing file satisfies the look-up and the download never happens.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});
