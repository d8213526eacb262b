import { authorityOf } from '../base/authority.js';
import { LayercastError } from '../base/errors.js';
import { isLocalHost } from '../http/local-host.js';
import type { Metric } from '../metrics/metric.js';
import { parseListenAddress } from '../options/listen-address.js';
import type { OptionTable } from '../options/option.js';
import type { PageView } from '../page/live-page.js';
import { type Flags, settle } from './settings.js';

/** The option of every command that runs for long. */
export const WATCHING_OPTIONS = {
  metrics: {
    kind: { form: 'text', what: 'a port, or a host and a port', example: '9464 or [::]:9464' },
    flag: '--metrics <address>',
    help: 'serve a live page for people and metrics for Prometheus at [HOST:]PORT; HOST is 127.0.0.1 unless given',
  },
} as const satisfies OptionTable;

/** What a command shows to those who watch it. */
export interface Figures {
  readonly metrics: readonly Metric[];
  /** Why the work does not go on, as a sentence; undefined if it does. */
  readonly fault: string | undefined;
}

/** What follows the work as soon as it begins, and is served when `show` is called. */
export interface Watching<F extends Figures, V extends PageView> {
  readonly figures: F;
  readonly view: V;
  /**
   * Serves them until the result is disposed, and says where on stderr.
   *
   * @param more metrics beside them
   * @throws {LayercastError} `NETWORK_UNAVAILABLE` if the system refuses to listen there
   */
  show(more?: readonly Metric[]): Promise<AsyncDisposable>;
}

/**
 * Makes figures and the view of the page if `--metrics` or LAYERCAST_METRICS asks for them; all modules are loaded only then. Call it before the work
 * begins, so that they can follow it in the turn in which it does.
 *
 * @throws {LayercastError} `USAGE` for what is no address
 */
export async function watching<F extends Figures, V extends PageView>(
  flags: Flags,
  make: () => Promise<{ readonly figures: F; readonly view: V }>,
): Promise<Watching<F, V> | undefined> {
  const { metrics: text } = settle(WATCHING_OPTIONS, flags, process.env);
  if (text === undefined) return undefined;
  const address = addressOf(text);
  const { serveMetrics } = await import('../metrics/metrics-endpoint.js');
  const { pageRoutes } = await import('../page/page-routes.js');
  const { version: textOfVersion } = await import('./version.js');
  const { figures, view } = await make();
  return {
    figures,
    view,
    async show(more = []) {
      const version = textOfVersion();
      const fault = () => figures.fault;
      const page = pageRoutes(view, { version, fault, isLocal: isLocalHost(authorityOf(address.host, address.port)) });
      const metrics = [...figures.metrics, ...more];
      const endpoint = await serveMetrics({ ...address, metrics, fault, version, more: page });
      if (flags.quiet !== true) process.stderr.write(`page at ${endpoint.url}/\nmetrics at ${endpoint.url}/metrics\n`);
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
