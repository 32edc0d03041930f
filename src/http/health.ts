import type { Database } from '../database/database.ts';

export interface HealthDeps {
  readonly database: Pick<Database, 'ping'>;
  /** Whether the process has been asked to end: balancers then send new requests elsewhere. */
  readonly isDraining: () => boolean;
}

const PING_TIMEOUT_MS = 2_000;

/** `/health/live`: the process answers. `/health/ready`: it can do its work. Null for every other path. */
export function createHealthRoutes(deps: HealthDeps): (request: Request) => Promise<Response | null> {
  return async ({ url, method }) => {
    const { pathname } = new URL(url);
    if (pathname !== '/health/live' && pathname !== '/health/ready') return null;
    if (method !== 'GET' && method !== 'HEAD') return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
    if (pathname === '/health/live') return answer(200, 'live');
    if (deps.isDraining()) return answer(503, 'draining');
    return (await isReachable(deps.database)) ? answer(200, 'ready') : answer(503, 'database-unreachable');
  };
}

async function isReachable(database: Pick<Database, 'ping'>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PING_TIMEOUT_MS);
  });
  const pinged = database.ping().then(
    () => true,
    () => false,
  );
  return Promise.race([pinged, tooLate]).finally(() => clearTimeout(timer));
}

function answer(status: number, state: string): Response {
  return Response.json({ status: state }, { status, headers: { 'cache-control': 'no-store' } });
}
