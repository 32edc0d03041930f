import { type ChildProcess } from 'node:child_process';
/** A process of its own that runs one of the repository's TypeScript files, for tests of what happens between processes. */
export interface Child {
    readonly process: ChildProcess;
    /** The next line that it prints; null once it has ended. */
    nextLine(): Promise<string | null>;
    /** What it wrote to standard error so far. */
    errors(): string;
    /** Ends it as a power cut would, and waits until it is gone. */
    kill(): Promise<void>;
    /** Waits for its end and answers the exit code. */
    exitCode(): Promise<number | null>;
}
/** @param file a URL of the file, as `new URL('./some-file.ts', import.meta.url)`. */
export declare function startChild(file: URL, args: readonly string[], env?: Readonly<Record<string, string>>): Child;
