import type { IncomingMessage } from 'node:http';

/** What is kept of an answer, and how much of it is read at most. Behind that the connection is cut. */
export const KEPT_BYTES = 1_024;
const READ_BYTES_MAX = 65_536;

export interface Answer {
  /** The first 1,024 bytes as text, without NUL, which PostgreSQL does not store. */
  readonly body: string;
  /** Whether the answer came to its end, so that its connection can serve again. */
  readonly isWhole: boolean;
}

/**
 * Reads an answer until its end, 64 kB, an error, the limit or the signal, whichever is first. Never throws: what was read until then
 * is the answer.
 */
export function readAnswer(
  response: IncomingMessage,
  limit: { readonly ms: number; readonly stop: AbortSignal },
): Promise<Answer> {
  const kept: Buffer[] = [];
  const length = { read: 0, kept: 0 };
  return new Promise((resolve) => {
    const end = (isWhole: boolean): void => {
      clearTimeout(timer);
      limit.stop.removeEventListener('abort', cut);
      resolve({ body: toText(Buffer.concat(kept)), isWhole });
    };
    const cut = (): void => end(false);
    const timer = setTimeout(cut, limit.ms);
    limit.stop.addEventListener('abort', cut, { once: true });
    response.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, KEPT_BYTES - length.kept);
      if (part.length > 0) kept.push(part);
      length.kept += part.length;
      length.read += chunk.length;
      if (length.read > READ_BYTES_MAX) cut();
    });
    response.once('end', () => end(response.complete));
    // A connection that breaks off is an error too. Stays, because one may come after the end of reading.
    response.on('error', cut);
  });
}

/** A character that is cut by the limit is left out; bytes that are no UTF-8 become U+FFFD, within the same number of bytes. */
function toText(bytes: Buffer): string {
  const text = decode(bytes).replaceAll('\0', '\uFFFD');
  const again = Buffer.from(text, 'utf8');
  return again.length <= KEPT_BYTES ? text : decode(again.subarray(0, KEPT_BYTES));
}

function decode(bytes: Buffer): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}
