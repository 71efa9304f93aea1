import { type Endpoint, page } from '../http/endpoint.ts';
import type { Metrics } from '../metrics.ts';
import type { Readiness } from '../readiness.ts';

/** Health, readiness and metrics: for orchestrators, without a key. */
export function serviceRoutes(metrics: Metrics, readiness: Readiness): Endpoint[] {
  return [
    page({
      path: '/healthz',
      summary: 'The process is alive.',
      handle: async () => ({ status: 200, body: { status: 'ok' } }),
    }),
    page({
      path: '/readyz',
      summary: 'This process can serve: Redis, Postgres, gate and flusher.',
      async handle() {
        const { ready, checks } = await readiness();
        return {
          status: ready ? 200 : 503,
          body: { status: ready ? 'ready' : 'not_ready', checks },
          headers: ready ? {} : { 'retry-after': '1' },
        };
      },
    }),
    page({
      path: '/metrics',
      summary: 'Prometheus metrics.',
      handle: async () =>
        new Response(await metrics.page(), { headers: { 'content-type': metrics.contentType } }),
    }),
  ];
}
