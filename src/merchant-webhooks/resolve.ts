import { Resolver } from 'node:dns/promises';
import { within } from '../kernel/within.ts';

/** Finds the IPv4 and IPv6 addresses of a host name. Empty when there are none, or none in time. Never throws. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

const ANSWER_MS = 1_500;
const TRIES = 2;
const LIMIT_MS = 4_000;

/**
 * Asks the name servers of this machine, within 4 seconds. Not by `dns.lookup`: that occupies one of the four threads of libuv until
 * the name server responds, so that a merchant's silent one would stop all other work of the threads. Names of `/etc/hosts` are
 * therefore not known.
 */
export async function resolveByDns(hostname: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: ANSWER_MS, tries: TRIES });
  const found = await Promise.all([answerOf(resolver.resolve4(hostname)), answerOf(resolver.resolve6(hostname))]);
  return found.flat();
}

async function answerOf(asked: Promise<readonly string[]>): Promise<readonly string[]> {
  const answer = await within(
    LIMIT_MS,
    asked.catch(() => []),
  );
  return answer === 'late' ? [] : answer;
}
