import type { Deps as SessionDeps } from '../sessions/deps.ts';
import type { Streams } from './streams.ts';

/** What streams use. */
export type Deps = Pick<SessionDeps, 'database' | 'vault' | 'clock'> & { readonly streams: Streams };
