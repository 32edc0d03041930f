import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** The merchant's side and its account at EXAMPLE, as one look-up of the key finds them. */
export interface Scope {
  readonly merchantId: string;
  readonly environment: string;
  readonly accountId: string;
}

export interface BaselineRequest {
  readonly scope: Scope;
  readonly body: { readonly variables: never };
}

export interface Statement {
  /** The server prepares it under this name, once for each connection. */
  readonly name: string;
  readonly text: string;
}

export const CONFIRM_URL = 'http://127.0.0.1/example/v1/confirm';

const environment = process.env;
const pool = new pg.Pool({
  connectionString: environment['DATABASE_URL'],
  max: Number(environment['TOLLGATE_DATABASE_POOL_SIZE']),
});

/** One statement is one transaction: it commits whole before it returns. */
export async function send<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
  const { rows } = await pool.query<Row>({ ...statement, values: [...values] });
  return rows;
}

/** The database takes only values with this prefix in sealed columns. */
const SEAL_PREFIX = '544702';

/** In the place of a sealed value of usual length. The baseline seals nothing. */
export const SEALED = Buffer.concat([Buffer.from(SEAL_PREFIX, 'hex'), randomBytes(117)]);
