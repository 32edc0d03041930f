import { type Refusal, refusal } from '../kernel/refusal.ts';
import { type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';

/** The credential that opened a stream: a key, a sign-in to the console, or the token of a session. */
export interface Holder {
  readonly kind: 'SECRET_KEY' | 'PUBLISHABLE_KEY' | 'SIGN_IN' | 'TOKEN';
  /** Of the key, of the sign-in, or of the token's session. */
  readonly id: string;
}

/** What a stream says: something new, or why it says nothing any more. */
export interface Message<Value> {
  /** Names the message: a reader that gives it back goes on behind it. Null with a refusal, which is the last message. */
  readonly messageId: string | null;
  readonly result: Result<Value>;
}

export interface Messages<Value> extends AsyncIterableIterator<Message<Value>> {
  /** Resolves at the end of the stream, also while its reader takes no message. */
  readonly ended: Promise<void>;
}

/** What a reader follows, and how far it has read. */
export type Reading =
  | { readonly kind: 'SESSION'; readonly id: string; readonly version: number }
  | { readonly kind: 'EVENTS'; readonly scope: MerchantScope; readonly cursor: string };

/** NEWS: there may be something behind the place where the reader is. OVER: the stream has ended. REVOKED: and its holder as well. */
export type Signal = 'NEWS' | 'OVER' | 'REVOKED';

/** One reader that stays. It holds a place within the limits until its end. */
export interface Stream {
  readonly holder: Holder;
  readonly endsAt: Date;
  readonly reading: Reading;
  /** Resolves at the end. */
  readonly ended: Promise<void>;
  /** Says where the reader is now: what lies behind it is news. */
  moveTo(reading: Reading): void;
  /** Resolves at once where there were news since the last call, however many, or else with the next ones or the end. */
  next(): Promise<Signal>;
  /** There may be news. Nothing is kept of them, so a slow reader finds the newest state. */
  wake(): void;
  /** Frees the place. A second end changes nothing. */
  end(why?: Exclude<Signal, 'NEWS'>): void;
}

/** @param onEnd called once */
export function createStream(
  { holder, endsAt, reading: first }: Pick<Stream, 'holder' | 'endsAt' | 'reading'>,
  onEnd: (stream: Stream) => void,
): Stream {
  let reading = first;
  let ended: Signal | null = null;
  let hasNews = false;
  let resolveNext: ((signal: Signal) => void) | null = null;
  let resolveEnded = (): void => {};
  const whenEnded = new Promise<void>((resolve) => {
    resolveEnded = resolve;
  });
  const tell = (signal: Signal): void => {
    const resolve = resolveNext;
    resolveNext = null;
    hasNews = resolve === null;
    resolve?.(signal);
  };
  const stream: Stream = {
    holder,
    endsAt,
    get reading() {
      return reading;
    },
    ended: whenEnded,
    moveTo(place) {
      reading = place;
    },
    next() {
      if (ended !== null) return Promise.resolve(ended);
      if (!hasNews) {
        return new Promise((resolve) => {
          resolveNext = resolve;
        });
      }
      hasNews = false;
      return Promise.resolve('NEWS');
    },
    wake() {
      if (ended === null) tell('NEWS');
    },
    end(why = 'OVER') {
      if (ended !== null) return;
      ended = why;
      onEnd(stream);
      tell(why);
      resolveEnded();
    },
  };
  return stream;
}

/**
 * What a stream's generator yields. A reader that leaves ends the stream at once: a generator that waits would not see it before its
 * next news, and one that never began runs no `finally`.
 */
export function untilEnd<Value>(stream: Stream, messages: AsyncGenerator<Message<Value>, void>): Messages<Value> {
  return {
    ended: stream.ended,
    next: () => messages.next(),
    return() {
      stream.end();
      return messages.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

export function last(why: Refusal): Message<never> {
  return { messageId: null, result: refused(why) };
}

const REVOKED = refusal('UNAUTHENTICATED', 'The key or sign-in that opened this stream is revoked or has expired.');

/** What a stream says at its end: nothing where its reader may come again. */
export function* farewell(signal: Signal): Generator<Message<never>> {
  if (signal === 'REVOKED') yield last(REVOKED);
}
