import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents of whoever asks the API in this repository, made from the checked-in schema: no server has to run. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'src/generated/client/': documentsOf('client'),
    'src/generated/console/': documentsOf('console'),
    'src/generated/checkout/': documentsOf('checkout'),
  },
};

export default config;

/** @param folder whose documents become types; each takes those that it uses and knows nothing of the others */
function documentsOf(folder: string): CodegenConfig['generates'][string] {
  return {
    preset: 'client',
    documents: `src/${folder}/documents/*.graphql`,
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
  };
}
