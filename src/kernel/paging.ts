/** How a caller asks for a page: a cursor walk in either direction, or an offset. Checked before it gets here. */
export interface PageRequest {
  readonly direction: 'forward' | 'backward';
  /** 1 to PAGE_SIZE_MAX. */
  readonly size: number;
  /** The key to start behind (forward) or to end before (backward); null for the end of the list. */
  readonly cursor: string | null;
  /** Rows to pass over; 0 with a cursor. */
  readonly skip: number;
}

export const PAGE_SIZE_DEFAULT = 20;
export const PAGE_SIZE_MAX = 100;

export interface Page<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * Makes a page of rows that were read in the direction of the request, one row more than its size where there are more.
 * A page is always in the list's own order, whichever way it was read.
 */
export function toPage<Row, Node>(
  request: PageRequest,
  rows: readonly Row[],
  toEdge: (row: Row) => { cursor: string; node: Node },
): Page<Node> {
  const hasMore = rows.length > request.size;
  const kept = rows.slice(0, request.size).map(toEdge);
  const isForward = request.direction === 'forward';
  const isBehindSomething = request.cursor !== null || request.skip > 0;
  return {
    edges: isForward ? kept : kept.reverse(),
    hasNextPage: isForward ? hasMore : isBehindSomething,
    hasPreviousPage: isForward ? isBehindSomething : hasMore,
  };
}

/** Opaque text of a keyset position. */
export function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The parts of a cursor of ours; null for any other text. */
export function decodeCursor(cursor: string, length: number): readonly string[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isCursor = Array.isArray(parts) && parts.length === length && parts.every((part) => typeof part === 'string');
    return isCursor ? parts : null;
  } catch {
    return null;
  }
}
