import type { ServerResponse } from 'node:http';

/**
 * Sends a response, its body as it is made: more is asked for when the client has taken what came before, and nothing any more once
 * the client is gone. Whoever takes nothing for the given time is cut off, which shows there as a broken answer.
 * Throws when the body itself breaks off.
 */
export async function send(response: Response, outgoing: ServerResponse, takenWithinMs: number): Promise<void> {
  // Told meanwhile that it took too long, or gone.
  if (outgoing.headersSent || outgoing.destroyed) return response.body?.cancel();
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  const reader = response.body?.getReader();
  if (reader !== undefined) {
    outgoing.once('close', () => void reader.cancel().catch(() => undefined));
    for (;;) {
      const chunk = await reader.read();
      // A body that was canceled ends as if it were whole.
      if (outgoing.destroyed) return;
      if (chunk.done) break;
      if (!outgoing.write(chunk.value)) await cutUnless('drain', outgoing, takenWithinMs);
    }
  }
  outgoing.end();
  await cutUnless('finish', outgoing, takenWithinMs);
}

/** Waits until the client has taken what was written; cuts it off when that takes too long. */
async function cutUnless(event: 'drain' | 'finish', outgoing: ServerResponse, takenWithinMs: number): Promise<void> {
  if (outgoing.destroyed || (event === 'finish' && outgoing.writableFinished)) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => outgoing.destroy(), takenWithinMs);
    const settle = (): void => {
      clearTimeout(timer);
      outgoing.removeListener(event, settle).removeListener('close', settle);
      resolve();
    };
    outgoing.once(event, settle).once('close', settle);
  });
}
