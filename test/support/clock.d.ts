import { type Clock } from '../../src/kernel/clock.ts';
/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
    advance(durationMs: number): void;
}
export declare function createTestClock(start?: string): TestClock;
