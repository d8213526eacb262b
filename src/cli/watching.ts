import { LayercastError } from '../base/errors.js';
import type { HttpEndpoint } from '../metrics/http-endpoint.js';
import type { Metric } from '../metrics/metric.js';
import { parseListenAddress } from '../options/listen-address.js';
import type { OptionTable } from '../options/option.js';
import { type Flags, settle } from './settings.js';

/** The option of every command that runs for long. */
export const WATCHING_OPTIONS = {
  metrics: {
    kind: { form: 'text', what: 'a port, or a host and a port', example: '9464 or [::]:9464' },
    flag: '--metrics <address>',
    help: 'serve metrics at [HOST:]PORT, for Prometheus; HOST is 127.0.0.1 unless given',
  },
} as const satisfies OptionTable;

/** What a command shows to those who watch it. */
export interface Figures {
  readonly metrics: readonly Metric[];
  /** Why the work does not go on, as a sentence; undefined if it does. */
  readonly fault: string | undefined;
}

/** Figures that follow the work as soon as it begins, and are served when `show` is called. */
export interface Watching<F extends Figures> {
  readonly figures: F;
  /**
   * Serves them until the endpoint is disposed, and says where on stderr.
   *
   * @param more metrics beside them
   * @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there
   */
  show(more?: readonly Metric[]): Promise<HttpEndpoint>;
}

/**
 * Makes figures if `--metrics` or LAYERCAST_METRICS asks for them; all modules are loaded only then. Call it before the work begins, so that
 * the figures can follow it in the turn in which it does.
 *
 * @throws {LayercastError} `USAGE` for what is no address
 */
export async function watching<F extends Figures>(
  flags: Flags,
  make: () => Promise<F>,
): Promise<Watching<F> | undefined> {
  const { metrics: text } = settle(WATCHING_OPTIONS, flags, process.env);
  if (text === undefined) return undefined;
  const address = addressOf(text);
  const { serveMetrics } = await import('../metrics/metrics-endpoint.js');
  const { version } = await import('./version.js');
  const figures = await make();
  return {
    figures,
    async show(more = []) {
      const fault = () => figures.fault;
      const endpoint = await serveMetrics({
        ...address,
        metrics: [...figures.metrics, ...more],
        fault,
        version: version(),
      });
      process.stderr.write(`metrics at ${endpoint.url}/metrics\n`);
      return endpoint;
    },
  };
}

/**
 * Host and port of `[HOST:]PORT`. IPv6 addresses stand in brackets.
 *
 * @throws {LayercastError} `USAGE`
 */
export function addressOf(
  text: string,
  flag = '--metrics',
  example = 9464,
): { readonly host: string; readonly port: number } {
  const address = parseListenAddress(text);
  if (address !== undefined) return address;
  throw new LayercastError('USAGE', `${flag}: not an address, found ${JSON.stringify(text)}`, {
    hint: `allowed: a port, or a host and a port: ${example}, 192.0.2.1:${example}, [::]:${example}`,
  });
}
