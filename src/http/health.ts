import type { Database } from '../database/database.ts';

export interface HealthDeps {
  readonly database: Pick<Database, 'checkWrites'>;
  /** Whether the process has been asked to end: balancers then send new requests elsewhere. */
  readonly isDraining: () => boolean;
}

/** `/health/live`: the process answers. `/health/ready`: it can do its work. Null for every other path. */
export function createHealthRoutes(deps: HealthDeps): (request: Request) => Promise<Response | null> {
  return async ({ url, method }) => {
    const { pathname } = new URL(url);
    if (pathname !== '/health/live' && pathname !== '/health/ready') return null;
    if (method !== 'GET' && method !== 'HEAD') return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
    if (pathname === '/health/live') return answer(200, 'live');
    if (deps.isDraining()) return answer(503, 'draining');
    const state = await deps.database.checkWrites();
    return state === 'writable' ? answer(200, 'ready') : answer(503, `database-${state}`);
  };
}

function answer(status: number, state: string): Response {
  return Response.json({ status: state }, { status, headers: { 'cache-control': 'no-store' } });
}
