import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { EventEmitter } from 'eventemitter3';
import { asLayercastError, LayercastError } from './base/errors.js';
import { systemClock } from './base/system-clock.js';
import { SafeEmitter } from './events/safe-emitter.js';
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

/** A receiver that is receiving one file. */
export interface Receiver extends EventEmitter<ReceiverEvents>, AsyncDisposable {
  /**
   * Resolves with the final record when the file is whole, verified and has its name. Rejects with a `LayercastError`:
   * `USAGE`, `TIMEOUT`, `NOBODY_SENDING`, `ABORTED`, `FILE_IN_USE`, `DISK_FULL`, `RECORD_INVALID`, …; progress is kept.
   */
  readonly done: Promise<CompleteEvent>;
  /** Counts so far; undefined before a descriptor has been received. */
  stats(): ReceiverStats | undefined;
  /** Leaves all groups and stops. Progress is kept. */
  close(): Promise<void>;
}

/** Starts to receive one file. It returns at once and never throws: wrong options, too, reject `done`. */
export function createReceiver(options: ReceiverOptions): Receiver {
  return new RunningReceiver(options);
}

class RunningReceiver extends SafeEmitter<ReceiverEvents> implements Receiver {
  readonly done: Promise<CompleteEvent>;
  readonly #stopping = new AbortController();
  #driver: ReceiverDriver | undefined;

  constructor(options: ReceiverOptions) {
    super();
    // Callers add listeners in the turn in which they make the receiver; no event may come before.
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

  /** The file is complete. A failure to remember its version is a warning and does not reject `done`. */
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
        hasObject: (descriptor) => destination.hasObject(descriptor),
        openStore: (descriptor) => destination.openStore(descriptor),
        solver,
        emit: this.emit.bind(this),
      },
    );
  }
}

/** The interface to receive on. A network that the caller hands in has its own interfaces. */
async function interfaceOf(
  { network, interface: name, wait }: CheckedReceiverOptions,
  signal: AbortSignal,
  onWaiting: (message: string) => void,
): Promise<string | undefined> {
  return network === undefined ? (await awaitInterface(name, { wait, signal, onWaiting })).name : name;
}

/** The start of a receiver, which waits for the interface and the lock. The user's timeout limits this wait, too. */
class Start implements Disposable {
  /** Aborted when the time is over, or together with `stopping`. */
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

  /** @throws {LayercastError} `TIMEOUT` when the time is over before the step; else the error of the step */
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

  /** A clock may call early if the time is long, so this looks at the time again. */
  #endAt(atUs: number): void {
    if (systemClock.nowUs() >= atUs) this.#over.abort();
    else this.#cancel = systemClock.schedule(atUs, () => this.#endAt(atUs));
  }
}

/** A pool whose threads end with the receiver. */
class ClosingPool extends CodingPool implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
