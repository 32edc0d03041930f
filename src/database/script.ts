import { DriverAdapterError, type SqlDriverAdapter } from '@prisma/driver-adapter-utils';

/**
 * Replaces the adapter's `executeScript`, which runs migrations: PrismaPg cuts the script at every semicolon, comments and
 * function bodies included (7.10), and pglite-prisma-adapter neither waits for it nor tells of its errors (0.7.2). Sent
 * whole, a script is also one transaction: it applies as a whole or not at all.
 */
export function withWholeScripts(adapter: SqlDriverAdapter, send: (script: string) => Promise<unknown>): SqlDriverAdapter {
  adapter.executeScript = async (script) => {
    try {
      await send(script);
    } catch (error) {
      throw new DriverAdapterError(describe(error));
    }
  };
  return adapter;
}

type DatabaseFields = Partial<Record<'code' | 'severity' | 'message' | 'detail' | 'column' | 'hint', string>>;

function describe(error: unknown): ConstructorParameters<typeof DriverAdapterError>[0] {
  const { code, severity, message, detail, column, hint } = error as DatabaseFields;
  return {
    kind: 'postgres',
    code: code ?? 'N/A',
    severity: severity ?? 'ERROR',
    message: message ?? String(error),
    detail,
    column,
    hint,
  };
}
