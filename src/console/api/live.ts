import { useEffect, useState } from 'react';
import { SessionChangedDocument } from '../../generated/console/graphql.ts';
import { consoleHeaders, send } from './ask.ts';

/** The gateway sends a comment every 12 seconds. Where less comes, a proxy may hold the stream back. */
const SILENCE_MS_MAX = 30_000;
const PAUSE_FIRST_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

/**
 * Follows a session while the page shows it, and says whether that works: where it does not, as behind a proxy that collects what it
 * passes on, the page asks for itself.
 */
export function useLiveSession(id: string, onChange: () => void): boolean {
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    const leaving = new AbortController();
    void follow(id, { onChange, setLive, signal: leaving.signal });
    return () => leaving.abort();
  }, [id, onChange]);
  return isLive;
}

interface Following {
  readonly onChange: () => void;
  readonly setLive: (isLive: boolean) => void;
  readonly signal: AbortSignal;
}

/** Until the signal, or until the gateway refuses. */
export async function follow(id: string, { onChange, setLive, signal }: Following): Promise<void> {
  let after: number | null = null;
  for (let pauseMs = PAUSE_FIRST_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
    try {
      for await (const block of readStream({ id, after }, signal)) {
        setLive(true);
        pauseMs = PAUSE_FIRST_MS;
        const version = versionOf(block);
        if (version === 'refused') return setLive(false);
        if (version === null) continue;
        after = version;
        onChange();
      }
    } catch {
      // Cut off.
    }
    if (signal.aborted) return;
    setLive(false);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function versionOf(block: string): number | 'refused' | null {
  const text = /^data: (.+)$/m.exec(block)?.[1];
  if (text === undefined) return null;
  const { data } = JSON.parse(text) as { data?: { clientSessionChanged: { version: number } } | null };
  return data?.clientSessionChanged.version ?? 'refused';
}

/** What comes between empty lines: messages and comments. */
async function* readStream(variables: object, signal: AbortSignal): AsyncGenerator<string, void> {
  const connection = new AbortController();
  const cut = (): void => connection.abort();
  signal.addEventListener('abort', cut);
  let timer = setTimeout(cut, SILENCE_MS_MAX);
  try {
    const body = JSON.stringify({ query: SessionChangedDocument.toString(), variables });
    const headers = { ...consoleHeaders(), accept: 'text/event-stream' };
    const response = await send('/graphql', { method: 'POST', headers, body }, connection.signal);
    if (!response.ok || response.body === null) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(cut, SILENCE_MS_MAX);
      const blocks = (text + chunk.value).split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cut);
    cut();
  }
}
