/**
 * The parent of this process as it was at first. The entry points import this before anything else: by the time that the rest is
 * loaded, the shell that npm started them through may have ended.
 */
export const FIRST_PARENT: number = process.ppid;
