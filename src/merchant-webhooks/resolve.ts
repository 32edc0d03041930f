import { Resolver } from 'node:dns/promises';
import { within } from '../kernel/within.ts';

/** Finds the IPv4 and IPv6 addresses of a host name. Empty when there are none, or none in time. Never throws. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

const ANSWER_MS = 1_500;
const TRIES = 2;
const LIMIT_MS = 4_000;

export interface ResolverSettings {
  /** Name servers such as `127.0.0.1:53`; those of the machine unless told. */
  readonly servers?: readonly string[];
  /** How long a name may take; 4 seconds unless told. */
  readonly limitMs?: number;
}

/**
 * Asks name servers. Not by `dns.lookup`: that occupies one of the four threads of libuv until the name server responds, so that a
 * merchant's silent one would stop all other work of the threads. Names of `/etc/hosts` are therefore not known.
 */
export function createResolve({ servers, limitMs = LIMIT_MS }: ResolverSettings = {}): Resolve {
  return async (hostname) => {
    // One for each name, so that what is late can be given up.
    const resolver = new Resolver({ timeout: ANSWER_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const answers = [resolver.resolve4(hostname), resolver.resolve6(hostname)].map((asked) => answerOf(asked, limitMs));
    const found = await Promise.all(answers);
    resolver.cancel();
    return found.flat();
  };
}

async function answerOf(asked: Promise<readonly string[]>, limitMs: number): Promise<readonly string[]> {
  const answer = await within(
    limitMs,
    asked.catch(() => []),
  );
  return answer === 'late' ? [] : answer;
}
