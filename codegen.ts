import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents of the Node client, made from the checked-in schema: no server has to run. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'src/generated/client/': {
      preset: 'client',
      documents: 'src/client/documents/*.graphql',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        enumType: 'const',
        namingConvention: { enumValues: 'keep' },
        useTypeImports: true,
        importExtension: '.ts',
        emitLegacyCommonJSImports: false,
        strictScalars: true,
        defaultScalarType: 'unknown',
        scalars: {
          ID: 'string',
          BigInt: { input: 'bigint | string', output: 'string' },
          DateTime: { input: 'Date | string', output: 'string' },
          JSON: 'unknown',
          JSONObject: { input: 'Record<string, unknown>', output: 'Record<string, unknown>' },
        },
      },
    },
  },
};

export default config;
