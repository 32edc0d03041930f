import { addMs, type Clock, MINUTE_MS, SECOND_MS } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import { createLoop, type Loop } from '../kernel/loop.ts';
import { type Refusal, refusal } from '../kernel/refusal.ts';
import { ok, type Result, refused } from '../kernel/result.ts';
import type { MerchantScope } from '../kernel/scope.ts';
import { createStream, type Holder, type Reading, type Stream } from './stream.ts';

export interface StreamLimits {
  /** How long a stream lives. Then its reader subscribes again, perhaps at another gateway. */
  readonly lifeMs: number;
  /** How many are held of a session at a time with its token, and as many with publishable keys. */
  readonly perSession: number;
  /** How many a secret key or a sign-in to the console holds at a time. */
  readonly perKey: number;
  readonly perProcess: number;
  /** How many of those of the process are kept for secret keys and sign-ins. */
  readonly keptForBackends: number;
}

export const STREAM_LIMITS: StreamLimits = {
  lifeMs: 15 * MINUTE_MS,
  perSession: 3,
  perKey: 100,
  perProcess: 2_000,
  keptForBackends: 200,
};

/** What streams ask of the features, for all readers of the process at once. */
export interface NewsSources {
  /** The ids of the sessions that have another version than the given one. */
  findChangedSessions(known: readonly { readonly id: string; readonly version: number }[]): Promise<readonly string[]>;
  /** The positions, in the given list, of the readers behind whose cursor the log goes on. */
  findReadersBehind(readers: readonly { readonly scope: MerchantScope; readonly cursor: string }[]): Promise<readonly number[]>;
  /** Of these keys and sign-ins, the ids of those that still open something. */
  findHoldersInForce(holders: readonly Holder[]): Promise<readonly string[]>;
}

interface StreamParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly sources: NewsSources;
}

export interface Streams {
  /** Opens a stream. Refuses with TOO_MANY_REQUESTS beyond a limit, and with SHUTTING_DOWN after `close`. */
  open(holder: Holder, reading: Reading): Result<Stream>;
  /** Is told what this process has written, so that its own readers need not wait for the next look. */
  notice(news: { readonly sessionIds: readonly string[] }): void;
  /** Ends all streams, and opens no further one. */
  close(): void;
  readonly count: number;
}

const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 1_000;
const PAUSE_GROWTH = 1.3;
/** Commits that come together are looked at together. */
const GATHER_MS = 20;
/** Events stay hidden for as long as a transaction is open that began before them: after news, a look that finds none is repeated. */
const REPEATS_MAX = 5;
const HOLDERS_PAUSE_MS = 2 * SECOND_MS;
const ROUND_MS_MAX = 10 * SECOND_MS;

/**
 * The streams of this process. One look asks for all of them together: 250 ms after news, and less often, down to once a second,
 * while there are none. Without a stream nothing is asked.
 */
export function createStreams(parts: StreamParts, limits: StreamLimits = STREAM_LIMITS): Streams {
  const { clock } = parts;
  const open = new Set<Stream>();
  const watchers = new Map<string, Set<Stream>>();
  const followers = new Set<Stream>();
  let isClosed = false;
  const looks = createLooks(parts, open);

  const forget = (stream: Stream): void => {
    open.delete(stream);
    followers.delete(stream);
    const { reading } = stream;
    const others = reading.kind === 'SESSION' ? watchers.get(reading.id) : undefined;
    others?.delete(stream);
    if (others?.size === 0 && reading.kind === 'SESSION') watchers.delete(reading.id);
    if (open.size === 0) looks.stop();
  };
  return {
    get count() {
      return open.size;
    },
    open(holder, reading) {
      const problem = isClosed ? CLOSED : problemOf(open, { holder, reading }, limits);
      if (problem !== null) return refused(problem);
      const stream = createStream({ holder, endsAt: addMs(clock.now(), limits.lifeMs), reading }, forget);
      open.add(stream);
      if (reading.kind === 'EVENTS') followers.add(stream);
      else watchers.set(reading.id, (watchers.get(reading.id) ?? new Set()).add(stream));
      looks.start();
      return ok(stream);
    },
    notice({ sessionIds }) {
      for (const id of sessionIds) for (const stream of watchers.get(id) ?? []) stream.wake();
      if (followers.size > 0) looks.hurry();
    },
    close() {
      isClosed = true;
      for (const stream of open) stream.end();
    },
  };
}

const CLOSED = refusal('SHUTTING_DOWN', 'This gateway is about to stop and opens no stream. Subscribe again in a second.');

/** What has a limit of its own: the session for payers, and the credential for others. */
function placeOf({ holder, reading }: Pick<Stream, 'holder' | 'reading'>): string {
  return `${holder.kind} ${isPayer(holder) && reading.kind === 'SESSION' ? reading.id : holder.id}`;
}

/** All payers of a shop have its publishable key, so the key cannot be what is counted. */
function isPayer({ kind }: Holder): boolean {
  return kind === 'PUBLISHABLE_KEY' || kind === 'TOKEN';
}

function problemOf(open: ReadonlySet<Stream>, asked: Pick<Stream, 'holder' | 'reading'>, limits: StreamLimits): Refusal | null {
  const { perProcess, keptForBackends, perSession, perKey } = limits;
  if (open.size >= perProcess) return tooMany(`This gateway has ${perProcess} streams open, which is the most.`);
  const isOfPayer = isPayer(asked.holder);
  const ofPayers = [...open].filter(({ holder }) => isPayer(holder)).length;
  if (isOfPayer && ofPayers >= perProcess - keptForBackends) {
    return tooMany(`This gateway has ${perProcess - keptForBackends} streams of payers open, which is the most.`);
  }
  const most = isOfPayer ? perSession : perKey;
  const place = placeOf(asked);
  if ([...open].filter((stream) => placeOf(stream) === place).length < most) return null;
  const whose = isOfPayer ? 'session' : 'key';
  return tooMany(`This ${whose} has ${most} streams open, which is the most.`);
}

function tooMany(message: string): Refusal {
  return refusal('TOO_MANY_REQUESTS', `${message} Nothing was done: end one of them, or subscribe again later.`);
}

/** The loops that run while there are streams. */
function createLooks({ clock, log, sources }: StreamParts, open: ReadonlySet<Stream>) {
  let loops: readonly [look: Loop, check: Loop] | null = null;
  let pauseMs = PAUSE_MIN_MS;
  let hurry: NodeJS.Timeout | null = null;
  let repeats = 0;
  const lookSoon = (): void => {
    hurry ??= setTimeout(() => {
      hurry = null;
      loops?.[0].wake();
    }, GATHER_MS).unref();
  };
  const begin = (): [Loop, Loop] => {
    const common = { log, roundMsMax: ROUND_MS_MAX };
    const look = createLoop({
      ...common,
      name: 'streams',
      pauseMs: () => pauseMs,
      async round(signal) {
        for (const stream of open) if (stream.endsAt <= clock.now()) stream.end();
        if (signal.aborted) return;
        // So it stays where the database is away.
        pauseMs = Math.min(pauseMs * PAUSE_GROWTH, PAUSE_MAX_MS);
        const { changed, behind } = await wakeReaders(sources, [...open]);
        if (changed + behind > 0) pauseMs = PAUSE_MIN_MS;
        repeats = behind > 0 ? 0 : repeats - 1;
        if (repeats > 0) lookSoon();
      },
    });
    const round = () => endRevoked(sources, [...open]);
    const check = createLoop({ ...common, name: 'holders of streams', pauseMs: HOLDERS_PAUSE_MS, round });
    look.start(PAUSE_MIN_MS);
    check.start(HOLDERS_PAUSE_MS);
    return [look, check];
  };
  return {
    /** Begins, or looks often again: what was opened last is likely to change next. */
    start(): void {
      pauseMs = PAUSE_MIN_MS;
      loops ??= begin();
    },
    hurry(): void {
      repeats = REPEATS_MAX;
      lookSoon();
    },
    stop(): void {
      for (const loop of loops ?? []) loop.stop(ROUND_MS_MAX).catch(() => undefined);
      loops = null;
    },
  };
}

/** Returns how many sessions have changed, and how many readers of the log are behind. */
async function wakeReaders(
  sources: NewsSources,
  streams: readonly Stream[],
): Promise<{ readonly changed: number; readonly behind: number }> {
  const readings = streams.map((stream) => ({ stream, reading: stream.reading }));
  const watching = readings.flatMap(({ stream, reading }) => (reading.kind === 'SESSION' ? [{ stream, ...reading }] : []));
  const following = readings.flatMap(({ stream, reading }) => (reading.kind === 'EVENTS' ? [{ stream, ...reading }] : []));
  const changed = new Set(watching.length === 0 ? [] : await sources.findChangedSessions(watching));
  const behind = following.length === 0 ? [] : await sources.findReadersBehind(following);
  const woken = [...watching.filter(({ id }) => changed.has(id)), ...behind.flatMap((position) => following[position] ?? [])];
  for (const { stream } of woken) stream.wake();
  return { changed: changed.size, behind: behind.length };
}

async function endRevoked(sources: NewsSources, streams: readonly Stream[]): Promise<void> {
  const holders = streams.map(({ holder }) => holder).filter(({ kind }) => kind !== 'TOKEN');
  if (holders.length === 0) return;
  const inForce = new Set(await sources.findHoldersInForce(holders));
  for (const stream of streams) if (stream.holder.kind !== 'TOKEN' && !inForce.has(stream.holder.id)) stream.end('REVOKED');
}
