import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { EventEmitter } from 'eventemitter3';
import { asLayercastError, LayercastError } from './base/errors.js';
import { systemClock } from './base/system-clock.js';
import { CodingPool } from './fec/pool.js';
import { awaitInterface } from './net/interfaces/interfaces.js';
import { udpNetworkOn } from './net/portable/udp-network.js';
import { type CheckedReceiverOptions, checkReceiverOptions } from './options/check-receiver-options.js';
import type { ReceiverOptions } from './options/receiver-options.js';
import type { BlockSolver } from './receiver/assemble/restoration.js';
import { ReceiverDriver } from './receiver/driver.js';
import type { CompleteEvent, ReceiverEvents, ReceiverStats } from './receiver/events.js';
import { Destination } from './retrieve/destination.js';
import { defaultStateDir } from './store/state-dir.js';
import { announcementName, groupOf } from './wire/address.js';
import { keyFingerprint } from './wire/signature.js';

/** A receiver at work on one file. */
export interface Receiver extends EventEmitter<ReceiverEvents>, AsyncDisposable {
  /**
   * Resolves with the final record when the file is whole, verified and in its place. Rejects with a `LayercastError`:
   * `USAGE`, `TIMEOUT`, `NOBODY_SENDING`, `ABORTED`, `FILE_IN_USE`, `DISK_FULL`, `RECORD_INVALID`, …; progress is kept.
   */
  readonly done: Promise<CompleteEvent>;
  /** Counts so far; undefined before a descriptor has been heard. */
  stats(): ReceiverStats | undefined;
  /** Leaves all groups and stops, progress kept. */
  close(): Promise<void>;
}

/** Starts to receive one file. Returns at once and never throws: see `done`, also for options that are wrong. */
export function createReceiver(options: ReceiverOptions): Receiver {
  return new RunningReceiver(options);
}

class RunningReceiver extends EventEmitter<ReceiverEvents> implements Receiver {
  readonly done: Promise<CompleteEvent>;
  readonly #stopping = new AbortController();
  #driver: ReceiverDriver | undefined;

  constructor(options: ReceiverOptions) {
    super();
    // Listeners are added in the turn in which the receiver is made; nothing may happen before.
    this.done = Promise.resolve()
      .then(() => this.#run(checkReceiverOptions(options)))
      .catch((error: unknown) => {
        throw asLayercastError(error, this.#stopping.signal);
      });
    this.done.catch(() => undefined);
  }

  stats(): ReceiverStats | undefined {
    return this.#driver?.stats();
  }

  async close(): Promise<void> {
    this.#stopping.abort(new LayercastError('ABORTED', 'the receiver was closed; progress is kept'));
    await this.done.catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(options: CheckedReceiverOptions): Promise<CompleteEvent> {
    const { signal, fleet, object, output, stateDir, allowRollback, key } = options;
    const stop = () => this.#stopping.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    const beganMs = performance.now();
    using start = new Start(options.timeoutMs, this.#stopping.signal, (message) => this.emit('waiting', { message }));
    try {
      await using destination = await start.step((onWaiting) =>
        Destination.open({
          output,
          journalDir: stateDir,
          stateDir: stateDir ?? defaultStateDir(),
          fleet,
          object,
          keyFingerprint: keyFingerprint(key),
          signal: start.signal,
          onWaiting,
        }),
      );
      const lowestVersion = allowRollback ? 0 : destination.completedVersion;
      await using solver = new ClosingPool({ workerCount: Math.min(2, availableParallelism()) });
      const interfaceName = await start.step((onWaiting) => interfaceOf(options, start.signal, onWaiting));
      start[Symbol.dispose]();
      const waitedMs = performance.now() - beganMs;
      const driver = this.#newDriver(options, { interfaceName, waitedMs, lowestVersion }, destination, solver);
      this.#driver = driver;
      const complete = await driver.run(this.#stopping.signal);
      await this.#remember(destination, complete);
      return complete;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** The file is complete: what cannot be written down about it is no failure. */
  async #remember(destination: Destination, { version, sha256 }: CompleteEvent): Promise<void> {
    try {
      await destination.remember(version, sha256);
    } catch (error) {
      const why = asLayercastError(error).message;
      const message = `version ${version} is complete, but could not be remembered: ${why}; an older one would be accepted`;
      this.emit('warning', { code: 'NOT_REMEMBERED', message });
    }
  }

  #newDriver(
    options: CheckedReceiverOptions,
    start: { readonly interfaceName: string | undefined; readonly waitedMs: number; readonly lowestVersion: number },
    destination: Destination,
    solver: BlockSolver,
  ): ReceiverDriver {
    const { fleet, object, key, scope, port, hash, mode, channels, maxRateBitsPerSecond } = options;
    const { timeoutMs, patienceMs, allowExpired, wait, network, clock = systemClock } = options;
    const group = groupOf(announcementName(fleet), { scope, hash, ssm: false });
    return new ReceiverDriver(
      {
        fleet,
        object,
        publicKey: key,
        announcement: { group, port, sources: [], interface: start.interfaceName },
        mode,
        channels,
        maxRateBitsPerSecond,
        timeoutUs: timeoutMs === undefined ? undefined : timeoutMs * 1000,
        waitedUs: start.waitedMs * 1000,
        patienceUs: patienceMs * 1000,
        lowestVersion: start.lowestVersion,
        acceptExpired: allowExpired,
        waits: wait,
        outputPath: resolve(options.output),
      },
      {
        clock,
        network: network ?? udpNetworkOn(clock),
        isInPlace: (descriptor) => destination.isInPlace(descriptor),
        openStore: (descriptor) => destination.openStore(descriptor),
        solver,
        emit: this.emit.bind(this),
      },
    );
  }
}

/** A network of the caller's own has interfaces of its own. */
async function interfaceOf(
  { network, interface: name, wait }: CheckedReceiverOptions,
  signal: AbortSignal,
  onWaiting: (message: string) => void,
): Promise<string | undefined> {
  return network === undefined ? (await awaitInterface(name, { wait, signal, onWaiting })).name : name;
}

/** What has to be there before anything can be received is waited for within the time that the user gives for the whole. */
class Start implements Disposable {
  /** Aborted when the time is over, or with `stopping`. */
  readonly signal: AbortSignal;
  readonly #timeoutMs: number | undefined;
  readonly #stopping: AbortSignal;
  readonly #onWaiting: (message: string) => void;
  readonly #over = new AbortController();
  #waitingFor: string | undefined;
  #cancel: () => void = () => undefined;

  constructor(timeoutMs: number | undefined, stopping: AbortSignal, onWaiting: (message: string) => void) {
    this.#timeoutMs = timeoutMs;
    this.#stopping = stopping;
    this.#onWaiting = onWaiting;
    this.signal = AbortSignal.any([stopping, this.#over.signal]);
    if (timeoutMs !== undefined) this.#endAt(systemClock.nowUs() + timeoutMs * 1000);
  }

  /** @throws {LayercastError} `TIMEOUT` when the time is over first; what the step throws otherwise */
  async step<T>(take: (onWaiting: (message: string) => void) => Promise<T>): Promise<T> {
    try {
      return await take((message) => {
        this.#waitingFor = message;
        this.#onWaiting(message);
      });
    } catch (error) {
      if (!this.#over.signal.aborted || this.#stopping.aborted) throw error;
      const why = this.#waitingFor === undefined ? '' : `: ${this.#waitingFor}`;
      throw new LayercastError('TIMEOUT', `could not begin within ${this.#timeoutMs! / 1000} s${why}`, {
        hint: (say) => `Try again when this has changed, or allow more time with ${say('timeoutMs')}`,
        cause: error,
      });
    }
  }

  [Symbol.dispose](): void {
    this.#cancel();
  }

  /** The clock may call early when the time is long. */
  #endAt(atUs: number): void {
    if (systemClock.nowUs() >= atUs) this.#over.abort();
    else this.#cancel = systemClock.schedule(atUs, () => this.#endAt(atUs));
  }
}

/** Its threads end with the receiver. */
class ClosingPool extends CodingPool implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
