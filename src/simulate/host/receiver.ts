import type { KeyObject } from 'node:crypto';
import { EventEmitter } from 'eventemitter3';
import { LayercastError } from '../../base/errors.js';
import { DEFAULT_PATIENCE_US } from '../../base/limits.js';
import { ReceiverDriver, type ReceiverDriverOptions } from '../../receiver/driver.js';
import type { CompleteEvent, ReceiverEvents, ReceiverStats } from '../../receiver/events.js';
import { anchorOfKey } from '../../trust/anchor.js';
import type { ReceiverDisk } from '../disk/simulated-disk.js';
import type { VirtualHost } from '../net/host.js';
import { announcementOf } from '../object/object.js';

export interface SimulatedReceiverOptions extends Partial<Omit<ReceiverDriverOptions, 'trust'>> {
  readonly host: VirtualHost;
  readonly disk: ReceiverDisk;
  readonly publicKey: KeyObject;
}

/** One run of the real receiving code, on a virtual host with a simulated disk. */
export class SimulatedReceiver extends EventEmitter<ReceiverEvents> {
  readonly host: VirtualHost;
  readonly disk: ReceiverDisk;
  /** As `Receiver.done`, except that it never settles if the host dies. */
  readonly done: Promise<CompleteEvent>;
  readonly #driver: ReceiverDriver;
  readonly #stopping = new AbortController();

  constructor({ host, disk, publicKey, ...options }: SimulatedReceiverOptions) {
    super();
    this.host = host;
    this.disk = disk;
    const { fleet = 'fleet', object = 'object' } = options;
    this.#driver = new ReceiverDriver(
      {
        mode: 'auto',
        channels: undefined,
        maxRateBitsPerSecond: undefined,
        timeoutUs: undefined,
        patienceUs: DEFAULT_PATIENCE_US,
        lowestVersion: 0,
        acceptExpired: false,
        waits: true,
        announcement: { ...announcementOf(fleet), interface: undefined, sources: [] },
        ...options,
        fleet,
        object,
        trust: { anchorOf: (name) => anchorOfKey(name, publicKey) },
      },
      {
        clock: host.clock,
        network: host,
        openDestination: (descriptor) => disk.open(descriptor),
        emit: this.emit.bind(this),
      },
    );
    // The receiver starts in a later turn, because its owner adds listeners after the constructor returns.
    this.done = Promise.resolve().then(() => this.#driver.run(this.#stopping.signal));
    this.done.catch(() => undefined);
  }

  stats(): ReceiverStats | undefined {
    return this.#driver.stats();
  }

  abort(reason: unknown = new LayercastError('ABORTED', 'stopped by the plan')): void {
    this.#stopping.abort(reason);
  }

  /** Power off, including the disk. Another receiver on another host can use the disk again. */
  die(): void {
    this.host.die();
    this.disk.crash();
  }
}
