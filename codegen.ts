import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed documents of whoever asks the API in this repository, made from the checked-in schema: no server has to run. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  hooks: { beforeOneFileWrite: [withoutImport] },
  generates: {
    'packages/sdk/src/generated/': documentsOf('packages/sdk/src/client'),
    'src/generated/console/': documentsOf('src/console'),
    'src/generated/checkout/': documentsOf('src/checkout'),
  },
};

export default config;

/** @param folder whose documents become types; each takes those that it uses and knows nothing of the others */
function documentsOf(folder: string): CodegenConfig['generates'][string] {
  return {
    preset: 'client',
    documents: `${folder}/documents/*.graphql`,
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

/** The generated code takes one type from a package. Written into it, the SDK depends on no package. */
function withoutImport(_path: string, content: string): string {
  return content.replace(
    "import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';",
    'export interface DocumentTypeDecoration<TResult, TVariables> { __apiType?: (variables: TVariables) => TResult }',
  );
}
