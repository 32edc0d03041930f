/** The APIs that a session can be started through. Each says in its own words what a session is. */
export type Dialect = 'GRAPHQL' | 'ACCRUPAY';
