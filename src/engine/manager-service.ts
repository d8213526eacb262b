import { randomBytes } from 'node:crypto';
import { authorityOf } from '../base/authority.js';
import type { Clock } from '../base/ports.js';
import { UdpEndpoint } from '../coap/udp-endpoint.js';
import { ManagerHttp, type ManagerHttpOptions, type RenewedHttpOptions } from '../manager/http/manager-http.js';
import { Manager, type ManagerOptions, type ManagerTimes } from '../manager/manager.js';
import { AddressList } from '../net/address-list.js';
import { OwnedDatabase } from '../store/database/owned-database.js';

export interface ManagerServiceOptions extends Omit<ManagerOptions, 'admits'> {
  readonly stateDir: string;
  /** Addresses and prefixes from which devices may register. */
  readonly allow: readonly string[];
  /** Where devices register. */
  readonly coap: { readonly host: string; readonly port: number };
  /** Where operators ask. @param metrics makes the figures of this manager */
  readonly http: Omit<ManagerHttpOptions, 'metrics'>;
  readonly metrics: (manager: Manager, endpoint: UdpEndpoint['endpoint']) => ManagerHttpOptions['metrics'];
}

/** Who may register unless told otherwise: programs of this host. */
export const THIS_HOST: readonly string[] = ['::1', '127.0.0.0/8'];

/** What can change while the service runs. */
export interface RenewedOptions extends ManagerTimes, Pick<ManagerServiceOptions, 'allow'> {
  readonly http: RenewedHttpOptions;
}

/** Devices and operators can come. */
export interface ListeningService {
  readonly coap: string;
  readonly http: string;
  /**
   * Goes on with other options. Operators who are connected have to come again.
   *
   * @throws {LayercastError} `KEY_INVALID` for certificates that cannot be used; everything stays as it was then
   */
  renew(options: RenewedOptions): void;
}

export interface ManagerServiceCallbacks {
  onManager(manager: Manager): void;
  onListening(service: ListeningService): void;
  onWaiting(message: string): void;
}

/**
 * Runs a manager until the signal is aborted.
 *
 * @throws {LayercastError} `FILE_IN_USE` while another manager has the state directory; `FILE_IO`, …; `NETWORK_UNAVAILABLE` if the system refuses to
 * listen; `KEY_INVALID`
 */
export async function runManagerService(
  options: ManagerServiceOptions,
  callbacks: ManagerServiceCallbacks,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { stateDir, allow, coap, http, deviceCount } = options;
  await using database = await OwnedDatabase.open(stateDir, 'manager', { signal, onWaiting: callbacks.onWaiting });
  let list = new AddressList(allow);
  const world = { clock, randomBytes, store: database.records };
  const manager = new Manager(world, { ...options, admits: ({ address }) => list.has(address) });
  callbacks.onManager(manager);
  await using udp = await UdpEndpoint.open({
    ...coap,
    clock,
    site: manager.site,
    bounds: boundsFor(deviceCount),
    onStrayNotification: (peer) => manager.hearStray(peer),
  });
  manager.begin(udp.endpoint);
  try {
    await using server = await ManagerHttp.listen(manager, {
      ...http,
      metrics: options.metrics(manager, udp.endpoint),
    });
    const { address, port } = udp.address;
    callbacks.onListening({
      coap: `coap://${authorityOf(address, port)}`,
      http: server.url,
      renew(next) {
        server.renew(next.http);
        manager.setTimes(next);
        list = new AddressList(next.allow);
      },
    });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    manager.close();
  }
}

/** Two observations of each device. A message under way takes at most 1.3 kB, and a message that is remembered as much. */
function boundsFor(deviceCount: number) {
  return {
    observationCount: 2 * deviceCount,
    transmissionCount: 8_192,
    requestCount: 256,
    assemblyCount: 64,
    rememberedCount: 8_192,
  };
}
