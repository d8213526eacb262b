import { randomInt } from 'node:crypto';
import type { EventEmitter } from 'eventemitter3';
import { asLayercastError, LayercastError } from '../base/errors.js';
import type { Clock, Network } from '../base/ports.js';
import { unlessAborted } from '../base/waiting.js';
import { systemNetworkOn } from '../net/system-network.js';
import type { CheckedSenderOptions } from '../options/sender-options.js';
import type { SenderEvents, SenderStats } from '../publish/events.js';
import { FleetSender } from '../publish/fleet-sender.js';
import { Reloads } from '../publish/reloads.js';
import { defaultStateDir } from '../store/state-dir.js';
import type { Engine } from './engine.js';

/** The options that count once the sender runs. They can be copied to another thread. */
export type SenderEngineOptions = Omit<CheckedSenderOptions, 'signal' | 'network' | 'clock'>;

export interface SenderWorld {
  /** Undefined for the sockets of this host. */
  readonly network: Network | undefined;
  readonly clock: Clock;
  readonly emit: EventEmitter<SenderEvents>['emit'];
}

/**
 * All that serves a fleet's objects, from the fleet file to the sockets. It works in whichever thread makes it, which should do
 * nothing else: while the thread is busy, no datagram leaves.
 */
export class SenderEngine implements Engine<SenderStats, void> {
  readonly #options: SenderEngineOptions;
  readonly #stopping = new AbortController();
  readonly #fleetSender: FleetSender;
  readonly #reloads: Reloads;
  #start: Promise<void> | undefined;
  #idleError: LayercastError | undefined;
  #isOver = false;

  constructor(options: SenderEngineOptions, { network, clock, emit }: SenderWorld) {
    this.#options = options;
    this.#fleetSender = new FleetSender({
      host: options.host,
      interface: options.interface,
      wait: options.wait,
      stateDir: options.stateDir ?? defaultStateDir(),
      cacheBytes: options.cacheBytes,
      spoolBytes: options.spoolBytes,
      threadCount: options.threadCount,
      network: network ?? systemNetworkOn(clock),
      clock,
      random: () => randomInt(2 ** 32),
      signal: this.#stopping.signal,
      isReloadDue: () => this.#reloads.isWaiting,
      emit,
      onIdle: (error) => {
        if (!options.exitWhenIdle) return;
        this.#idleError = error;
        this.#stopping.abort(error);
      },
    });
    this.#reloads = new Reloads((superseded) => this.#apply(superseded));
  }

  /** Starts to send, the first time that it is called, and settles as `Sender.ready`. */
  ready(): Promise<void> {
    this.#start ??= this.#reloads.request();
    return this.#start;
  }

  /** A reload after the start, as `Sender.reload`. */
  async reload(): Promise<void> {
    void this.ready();
    await this.#reloads.request();
  }

  stats(): SenderStats {
    return this.#fleetSender.stats();
  }

  /** @throws {LayercastError} as `Sender.done`; a signal that is aborted ends the run without an error */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#stopping.abort(new LayercastError('ABORTED', 'the sender was closed'));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await unlessAborted(this.ready(), this.#stopping.signal);
      if (!this.#stopping.signal.aborted) {
        await new Promise((resolve) => this.#stopping.signal.addEventListener('abort', resolve, { once: true }));
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#isOver = true;
      // A reload may be under way though the start failed.
      this.#stopping.abort(new LayercastError('ABORTED', 'the sender has stopped'));
      await this.#fleetSender.stop();
    }
    if (this.#idleError !== undefined) throw this.#idleError;
  }

  async #apply(superseded: AbortSignal): Promise<void> {
    if (this.#isOver) throw new LayercastError('ABORTED', 'the sender has stopped');
    try {
      // The modules that read YAML are loaded only when there is a file to read.
      const { loadFleet } = await import('../fleet/load-fleet.js');
      await this.#fleetSender.apply(await loadFleet(this.#options.config), superseded);
    } catch (error) {
      throw asLayercastError(error, this.#stopping.signal);
    }
  }
}
