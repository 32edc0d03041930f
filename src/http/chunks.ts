import type { IncomingMessage } from 'node:http';
import { endRaw } from './refuse-raw.ts';

/** Each chunk of a body costs several microseconds, whatever its length, so a body of single bytes costs a thousand times its size. */
const SHORT_CHUNK_BYTES = 256;
const SHORT_CHUNKS_MAX = 4_000;

/** Ends the connection of a request whose body comes in more than 4,000 chunks of less than 256 bytes. */
export function limitChunks(incoming: IncomingMessage): void {
  if (incoming.headers['transfer-encoding'] === undefined) return;
  let shortOnes = 0;
  const push = incoming.push.bind(incoming);
  incoming.push = (chunk: Uint8Array | null, encoding?: BufferEncoding) => {
    if (chunk === null || chunk.length >= SHORT_CHUNK_BYTES) return push(chunk, encoding);
    shortOnes += 1;
    if (shortOnes < SHORT_CHUNKS_MAX) return push(chunk, encoding);
    if (shortOnes === SHORT_CHUNKS_MAX) {
      endRaw(incoming.socket, '413 Payload Too Large', 'The body comes in too many short chunks. Send longer ones.');
      incoming.socket.destroySoon();
    }
    return false;
  };
}
