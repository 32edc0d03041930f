import pg from 'pg';
/**
 * One migrated template, which every world copies: a folder, or a database of the server that TEST_DATABASE_URL names (its user
 * must be allowed to create databases). Named after the migrations and kept between runs.
 */
export default function prepareTemplate(): Promise<void>;
/** The server to test on; null for the embedded database. */
export declare function testServerUrl(): string | null;
export declare function templateName(): Promise<string>;
export declare function templateFolder(): Promise<string>;
/** Runs one statement on the server that the URL names, outside of any world. */
export declare function onServer(serverUrl: string, sql: string): Promise<pg.QueryResult>;
export declare function databaseUrl(serverUrl: string, name: string): string;
