import { Exposition } from './exposition.js';
import { type EndpointOptions, HttpEndpoint, plain } from './http-endpoint.js';
import type { Metric } from './metric.js';
import { processMetrics } from './process-metrics.js';

export interface MetricsOptions {
  readonly host: string;
  readonly port: number;
  /** Version of this program. */
  readonly version: string;
  readonly metrics: readonly Metric[];
  /** Why the work does not go on, as a sentence; undefined if it does. */
  readonly fault: () => string | undefined;
  /** What it serves beside them. */
  readonly more: Pick<EndpointOptions, 'answers' | 'streams'>;
}

/**
 * Serves `/metrics` (Prometheus text) and `/healthz` (200 while the work goes on, else 503 and why).
 *
 * @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there
 */
export async function serveMetrics({
  metrics,
  version,
  fault,
  host,
  port,
  more,
}: MetricsOptions): Promise<HttpEndpoint> {
  const exposition = new Exposition([...metrics, ...processMetrics(version)]);
  return await HttpEndpoint.listen({
    host,
    port,
    ...more,
    answers: {
      ...more.answers,
      '/metrics': async () => ({ status: 200, type: exposition.contentType, body: await exposition.text() }),
      '/healthz': () => {
        const why = fault();
        return why === undefined ? plain(200, 'ok') : plain(503, why);
      },
    },
  });
}
