import type { ClientSessionFilter, ClientSessionSort } from '../../generated/console/graphql.ts';
import { ApiError, consoleHeaders, NO_ANSWER, refusalOf, send } from '../api/ask.ts';

export interface ExportRequest {
  readonly filter: ClientSessionFilter;
  readonly sort: ClientSessionSort;
}

const LINE_END = 10;

/**
 * Streams the sessions as CSV and tells after each piece how many have come. Ends with the file; throws an ApiError when the gateway
 * refuses or the stream breaks off, and an AbortError when the signal ends it.
 */
export async function downloadSessions(
  request: ExportRequest,
  onProgress: (rows: number) => void,
  signal: AbortSignal,
): Promise<File> {
  const init = { method: 'POST', headers: consoleHeaders(), body: JSON.stringify(request) };
  const response = await send('/export/sessions', init, signal);
  if (!response.ok || response.body === null) throw await refusalOf(response);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  // The first line names the columns.
  let lines = -1;
  for await (const piece of piecesOf(response.body, signal)) {
    pieces.push(piece);
    for (const byte of piece) if (byte === LINE_END) lines += 1;
    onProgress(Math.max(lines, 0));
  }
  return new File(pieces, nameIn(response.headers.get('content-disposition')), { type: 'text/csv' });
}

async function* piecesOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(NO_ANSWER, 'The file broke off before its end. Nothing was saved.');
  } finally {
    reader.releaseLock();
  }
}

function nameIn(disposition: string | null): string {
  return /filename="([\w.-]+)"/.exec(disposition ?? '')?.[1] ?? 'sessions.csv';
}

/** Hands the file to the browser's downloads. */
export function save(file: File): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  // The download reads it for a moment longer.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
