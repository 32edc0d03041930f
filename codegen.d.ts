import type { CodegenConfig } from '@graphql-codegen/cli';
/** Typed documents of the Node client, made from the checked-in schema: no server has to run. */
declare const config: CodegenConfig;
export default config;
