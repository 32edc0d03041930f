import { SECOND_MS } from '../kernel/clock.ts';

const END_LIMIT_MS = SECOND_MS;

/**
 * Ends the process with the exit code as soon as nothing is under way, and at the latest after a second: a socket to a silent database
 * or provider, which its work has given up already, must not keep the process.
 */
export function endProcess(exitCode: number): void {
  process.exitCode = exitCode;
  setTimeout(() => process.exit(), END_LIMIT_MS).unref();
}
