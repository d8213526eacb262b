import { randomInt } from 'node:crypto';
import { EventEmitter } from 'eventemitter3';
import { LayercastError } from './errors.js';
import { loadFleet } from './fleet/load-fleet.js';
import { udpNetwork } from './net/udp-network.js';
import type { Clock, Network } from './ports.js';
import type { SenderEvents, SenderStats } from './publish/events.js';
import { FleetSender } from './publish/fleet-sender.js';
import { defaultStateDir } from './state-dir.js';
import { systemClock } from './system-clock.js';

export interface SenderOptions {
  /** Path of the fleet file; read again by `reload`. */
  readonly config: string;
  /** Which server of the fleet this host is. @default the only one, or the one with this host's name or address */
  readonly host?: string | undefined;
  /** Interface to send on. @default the server's or the fleet's, else the first usable one */
  readonly interface?: string | undefined;
  /** Where digests and intermediate symbols of files are kept. @default $XDG_STATE_HOME/layercast */
  readonly stateDir?: string | undefined;
  /** Most bytes of intermediate symbols kept there; those not used for the longest time go. @default 32e9 */
  readonly cacheBytes?: number | undefined;
  /** Threads that encode at once. @default 2, or 1 on one processor or for blocks larger than 12 MB */
  readonly threadCount?: number | undefined;
  /** Stops the sender when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** @default real sockets */
  readonly network?: Network | undefined;
  /** @default this host's clock */
  readonly clock?: Clock | undefined;
}

const DEFAULT_CACHE_BYTES = 32e9;

/** A running server of a fleet. It only sends; it hears nothing. */
export interface Sender extends EventEmitter<SenderEvents>, AsyncDisposable {
  /** Resolves when all objects that can be sent are being sent; rejects as `done` does. */
  readonly ready: Promise<void>;
  /**
   * Resolves when the sender has stopped after `close` or its signal. Rejects with `CONFIG_INVALID`, `UNKNOWN_HOST`,
   * `UNKNOWN_INTERFACE`, `KEY_INVALID`, …; also when not one object can be sent, with the first reason.
   */
  readonly done: Promise<void>;
  /**
   * Reads the fleet file again: adds, removes and changes objects without a gap in the others. With a fault in the file
   * everything goes on as before, and the promise rejects.
   */
  reload(): Promise<void>;
  stats(): SenderStats;
  /** Stops sending; resolves when all sockets and files are closed. */
  close(): Promise<void>;
}

/** Starts to serve a fleet's objects as one of its servers. Returns at once: see `ready` and `done`. */
export function createSender(options: SenderOptions): Sender {
  return new RunningSender(options);
}

class RunningSender extends EventEmitter<SenderEvents> implements Sender {
  readonly ready: Promise<void>;
  readonly done: Promise<void>;
  readonly #options: SenderOptions;
  readonly #stopping = new AbortController();
  readonly #fleetSender: FleetSender;
  #reloading: Promise<void> = Promise.resolve();

  constructor(options: SenderOptions) {
    super();
    this.#options = options;
    this.#fleetSender = new FleetSender({
      host: options.host,
      interface: options.interface,
      stateDir: options.stateDir ?? defaultStateDir(),
      cacheBytes: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
      threadCount: options.threadCount,
      network: options.network ?? udpNetwork,
      clock: options.clock ?? systemClock,
      random: () => randomInt(2 ** 32),
      signal: this.#stopping.signal,
      emit: this.emit.bind(this),
    });
    // Listeners are added in the turn in which the sender is made; nothing may happen before.
    this.ready = Promise.resolve().then(() => this.#apply());
    this.done = this.#run();
    for (const promise of [this.ready, this.done]) promise.catch(() => undefined);
  }

  async reload(): Promise<void> {
    const next = this.#reloading.catch(() => undefined).then(() => this.#apply());
    this.#reloading = next;
    await next;
  }

  stats(): SenderStats {
    return this.#fleetSender.stats();
  }

  async close(): Promise<void> {
    this.#stopping.abort(new LayercastError('ABORTED', 'the sender was closed'));
    await this.done.catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #apply(): Promise<void> {
    await this.#fleetSender.apply(await loadFleet(this.#options.config));
  }

  async #run(): Promise<void> {
    const stop = () => void this.close();
    const { signal } = this.#options;
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      await this.ready;
      if (!this.#stopping.signal.aborted) {
        await new Promise((resolve) => this.#stopping.signal.addEventListener('abort', resolve, { once: true }));
      }
      await this.#reloading.catch(() => undefined);
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      await this.#fleetSender.stop();
    }
  }
}
