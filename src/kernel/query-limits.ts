/** What a query may be, checked before any of it runs. */
export interface QueryLimits {
  readonly depthMax: number;
  readonly aliasesMax: number;
  readonly directivesMax: number;
  readonly tokensMax: number;
  /** Fields that may be resolved, page sizes multiplied in. */
  readonly costMax: number;
}

/** Unless configured: room for every query of the console and the client, and for introspection, several times over. */
export const QUERY_LIMITS: QueryLimits = {
  depthMax: 15,
  aliasesMax: 30,
  directivesMax: 30,
  tokensMax: 2_000,
  costMax: 50_000,
};
