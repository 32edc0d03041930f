/**
 * Reads a body to its end; null when there is none. Of a body that is larger than allowed as much again is read and dropped, so
 * that a client that reads no answer before it has sent everything gets its refusal. Then reading stops.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer> | 'too-large' | null> {
  if (body === null) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > 2 * bytesMax) break;
    if (length <= bytesMax) chunks.push(chunk);
  }
  if (length > bytesMax) return 'too-large';
  return new Uint8Array(Buffer.concat(chunks));
}
