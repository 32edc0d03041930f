import { equalSecret } from '../kernel/secret.ts';
import type { Metrics } from './metrics.ts';

/** `/metrics` for Prometheus, behind a bearer token where one is set. Null for every other path. */
export function createMetricsRoutes(metrics: Metrics, token: string | null): (request: Request) => Promise<Response | null> {
  return async ({ url, method, headers }) => {
    if (new URL(url).pathname !== '/metrics') return null;
    if (method !== 'GET') return new Response(null, { status: 405, headers: { allow: 'GET' } });
    if (token !== null && !equalSecret(headers.get('authorization') ?? '', `Bearer ${token}`)) {
      const message = 'Send `Authorization: Bearer <token>` with the token that TOLLGATE_METRICS_TOKEN holds.';
      return Response.json({ message }, { status: 401, headers: { 'www-authenticate': 'Bearer' } });
    }
    const { text, contentType } = await metrics.render();
    return new Response(text, { headers: { 'content-type': contentType } });
  };
}
