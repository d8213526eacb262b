import { randomInt } from 'node:crypto';
import type { EventEmitter } from 'eventemitter3';
import { asLayercastError, LayercastError } from './base/errors.js';
import { systemClock } from './base/system-clock.js';
import { SafeEmitter } from './events/safe-emitter.js';
import { udpNetwork } from './net/portable/udp-network.js';
import { checkSenderOptions } from './options/check-options.js';
import type { CheckedSenderOptions, SenderOptions } from './options/sender-options.js';
import type { SenderEvents, SenderStats } from './publish/events.js';
import { FleetSender } from './publish/fleet-sender.js';
import { Reloads } from './publish/reloads.js';
import { defaultStateDir } from './store/state-dir.js';

/** A running server of a fleet. It only sends and receives nothing. */
export interface Sender extends EventEmitter<SenderEvents>, AsyncDisposable {
  /**
   * Resolves when all objects that can be sent are being sent, also after a reload that was requested meanwhile. Rejects as
   * `done` does. The sender itself retries objects that failed for a passing reason.
   */
  readonly ready: Promise<void>;
  /**
   * Resolves when the sender has stopped after `close` or its signal. Rejects with `USAGE`, `CONFIG_INVALID`, `UNKNOWN_HOST`,
   * `UNKNOWN_INTERFACE`, `KEY_INVALID`, `FILE_IN_USE` (another sender on this machine is the same server), …. If no object can
   * be sent at the start, rejects with the first reason. With the option `exitWhenIdle`, rejects with `NOTHING_TO_SEND` as soon as
   * nothing is left to send.
   */
  readonly done: Promise<void>;
  /**
   * Reads the fleet file, the key and the records again: adds, removes and changes objects without a gap in the others. If the
   * file has a fault, everything goes on as before and the promise rejects. If an object cannot be sent as the file says, the
   * sender keeps sending its previous version, sends all other objects as the file says, and rejects the promise with that
   * object's error, which the event `refuse` has too. Calls during a reload share one reload after it. After the end of the
   * sender the promise rejects with `ABORTED`.
   */
  reload(): Promise<void>;
  stats(): SenderStats;
  /** Stops sending; resolves when all sockets and files are closed. */
  close(): Promise<void>;
}

/**
 * Starts to serve a fleet's objects as one of its servers. It returns at once and never throws: wrong options, too, reject `ready`
 * and `done`.
 */
export function createSender(options: SenderOptions): Sender {
  try {
    return new RunningSender(checkSenderOptions(options));
  } catch (error) {
    return new RefusedSender(asLayercastError(error));
  }
}

/** The sender that wrong options make: it has failed before it began. */
class RefusedSender extends SafeEmitter<SenderEvents> implements Sender {
  readonly ready: Promise<void>;
  readonly done: Promise<void>;

  constructor(error: LayercastError) {
    super();
    this.ready = Promise.reject(error);
    this.done = Promise.reject(error);
    for (const promise of [this.ready, this.done]) promise.catch(() => undefined);
  }

  reload(): Promise<void> {
    return this.done;
  }

  stats(): SenderStats {
    return { server: undefined, objects: [] };
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

class RunningSender extends SafeEmitter<SenderEvents> implements Sender {
  readonly ready: Promise<void>;
  readonly done: Promise<void>;
  readonly #options: CheckedSenderOptions;
  readonly #stopping = new AbortController();
  readonly #fleetSender: FleetSender;
  readonly #reloads: Reloads;
  #idleError: LayercastError | undefined;
  #isOver = false;

  constructor(options: CheckedSenderOptions) {
    super();
    this.#options = options;
    this.#fleetSender = new FleetSender({
      host: options.host,
      interface: options.interface,
      wait: options.wait,
      stateDir: options.stateDir ?? defaultStateDir(),
      cacheBytes: options.cacheBytes,
      threadCount: options.threadCount,
      network: options.network ?? udpNetwork,
      clock: options.clock ?? systemClock,
      random: () => randomInt(2 ** 32),
      signal: this.#stopping.signal,
      emit: this.emit.bind(this),
      onIdle: (error) => {
        if (!options.exitWhenIdle) return;
        this.#idleError = error;
        this.#stopping.abort(error);
      },
    });
    this.#reloads = new Reloads((superseded) => this.#apply(superseded));
    // Callers add listeners in the turn in which they make the sender; no event may come before.
    this.ready = Promise.resolve().then(() => this.#reloads.request());
    this.done = this.#run();
    for (const promise of [this.ready, this.done]) promise.catch(() => undefined);
  }

  async reload(): Promise<void> {
    // A reload that was requested in the turn in which the sender was made comes after the start.
    await Promise.resolve();
    await this.#reloads.request();
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

  async #apply(superseded: AbortSignal): Promise<void> {
    if (this.#isOver) throw new LayercastError('ABORTED', 'the sender has stopped');
    try {
      // The modules that read YAML are loaded only when there is a file to read.
      const { loadFleet } = await import('./fleet/load-fleet.js');
      await this.#fleetSender.apply(await loadFleet(this.#options.config), superseded);
    } catch (error) {
      throw asLayercastError(error, this.#stopping.signal);
    }
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
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#isOver = true;
      // A reload may be under way though the start failed.
      this.#stopping.abort(new LayercastError('ABORTED', 'the sender has stopped'));
      await this.#fleetSender.stop();
    }
    if (this.#idleError !== undefined) throw this.#idleError;
  }
}
