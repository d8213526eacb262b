import type { KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { EventEmitter } from 'eventemitter3';
import { LayercastError } from './errors.js';
import { CodingPool } from './fec/pool.js';
import { chooseInterface } from './net/interfaces.js';
import { udpNetwork } from './net/udp-network.js';
import type { Clock, Network } from './ports.js';
import { ReceiverDriver } from './receiver/driver.js';
import type { CompleteEvent, ReceiverEvents, ReceiverStats } from './receiver/events.js';
import type { BlockSolver } from './receiver/restoration.js';
import { Destination } from './retrieve/destination.js';
import { defaultStateDir } from './state-dir.js';
import { systemClock } from './system-clock.js';
import { announcementName, DEFAULT_PORT, type GroupHash, groupOf, type Scope } from './wire/address.js';
import { keyFingerprint, publicKeyFrom } from './wire/signature.js';

export interface ReceiverOptions {
  readonly fleet: string;
  readonly object: string;
  /** The fleet's Ed25519 public key: SPKI PEM, or a key object. */
  readonly key: string | Buffer | KeyObject;
  /** The file to make. */
  readonly output: string;
  /** Interface to join on. @default the first usable one */
  readonly interface?: string | undefined;
  /** Where the fleet announces. @default site */
  readonly scope?: Scope | undefined;
  /** @default 4242 */
  readonly port?: number | undefined;
  /** How the fleet derives groups from names. @default sha3-512 */
  readonly hash?: GroupHash | undefined;
  /** `auto` follows the ladder. @default auto */
  readonly mode?: 'auto' | 'best' | 'several' | undefined;
  /** Exactly these channels. @default chosen */
  readonly channels?: readonly number[] | undefined;
  /** Most to join at once, whole IPv6 packets in bit/s. @default no limit */
  readonly maxRateBitsPerSecond?: number | undefined;
  /** Give up after this long. @default never */
  readonly timeoutUs?: number | undefined;
  /** Give up when nothing of the object was heard for this long. @default 30 s */
  readonly patienceUs?: number | undefined;
  /** Accept a version older than one completed before. @default false */
  readonly allowRollback?: boolean | undefined;
  /** Accept a descriptor that is past its date. @default false */
  readonly allowExpired?: boolean | undefined;
  /**
   * Keep the journal here instead of beside `output`; versions completed are remembered here too.
   * @default beside `output`; versions in $XDG_STATE_HOME/layercast
   */
  readonly stateDir?: string | undefined;
  /** Stops the receiver when aborted; progress is kept. */
  readonly signal?: AbortSignal | undefined;
  /** @default real sockets */
  readonly network?: Network | undefined;
  /** @default this host's clock */
  readonly clock?: Clock | undefined;
}

/** Long enough for a lossy link to let an announcement through, short enough for a person to wait. */
const DEFAULT_PATIENCE_US = 30_000_000;

/** A receiver at work on one file. */
export interface Receiver extends EventEmitter<ReceiverEvents>, AsyncDisposable {
  /**
   * Resolves with the final record when the file is whole, verified and in its place. Rejects with a `LayercastError`:
   * `TIMEOUT`, `NOBODY_SENDING`, `ABORTED`, `FILE_IN_USE`, `DISK_FULL`, `RECORD_INVALID`, …; progress is kept.
   */
  readonly done: Promise<CompleteEvent>;
  /** Counts so far; undefined before a descriptor has been heard. */
  stats(): ReceiverStats | undefined;
  /** Leaves all groups and stops, progress kept. */
  close(): Promise<void>;
}

/** Starts to receive one file. Returns at once: see `done`. */
export function createReceiver(options: ReceiverOptions): Receiver {
  return new RunningReceiver(options);
}

class RunningReceiver extends EventEmitter<ReceiverEvents> implements Receiver {
  readonly done: Promise<CompleteEvent>;
  readonly #options: ReceiverOptions;
  readonly #stopping = new AbortController();
  #driver: ReceiverDriver | undefined;

  constructor(options: ReceiverOptions) {
    super();
    this.#options = options;
    // Listeners are added in the turn in which the receiver is made; nothing may happen before.
    this.done = Promise.resolve().then(() => this.#run());
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

  async #run(): Promise<CompleteEvent> {
    const { signal, fleet, object, output, stateDir, allowRollback } = this.#options;
    const publicKey = keyOf(this.#options.key);
    const stop = () => this.#stopping.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      await using destination = await Destination.open({
        output,
        journalDir: stateDir,
        stateDir: stateDir ?? defaultStateDir(),
        fleet,
        object,
        keyFingerprint: keyFingerprint(publicKey),
        signal: this.#stopping.signal,
      });
      const lowestVersion = allowRollback ? 0 : destination.completedVersion;
      await using solver = new ClosingPool({ workerCount: Math.min(2, availableParallelism()) });
      const driver = this.#newDriver(publicKey, destination, solver, lowestVersion);
      this.#driver = driver;
      const complete = await driver.run(this.#stopping.signal);
      await destination.remember(complete.version, complete.sha256);
      return complete;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  #newDriver(
    publicKey: KeyObject,
    destination: Destination,
    solver: BlockSolver,
    lowestVersion: number,
  ): ReceiverDriver {
    const { fleet, object, scope = 'site', port = DEFAULT_PORT, hash = 'sha3-512' } = this.#options;
    const { mode = 'auto', channels, maxRateBitsPerSecond, timeoutUs, network, clock } = this.#options;
    const { patienceUs = DEFAULT_PATIENCE_US, allowExpired = false, interface: interfaceName } = this.#options;
    const group = groupOf(announcementName(fleet), { scope, hash, ssm: false });
    return new ReceiverDriver(
      {
        fleet,
        object,
        publicKey,
        announcement: { group, port, sources: [], interface: this.#interface(interfaceName) },
        mode,
        channels,
        maxRateBitsPerSecond,
        timeoutUs,
        patienceUs,
        lowestVersion,
        acceptExpired: allowExpired,
      },
      {
        clock: clock ?? systemClock,
        network: network ?? udpNetwork,
        isInPlace: (descriptor) => destination.isInPlace(descriptor),
        openStore: (descriptor) => destination.openStore(descriptor),
        solver,
        emit: this.emit.bind(this),
      },
    );
  }

  /** A network of the caller's own has interfaces of its own. */
  #interface(name: string | undefined): string | undefined {
    return this.#options.network === undefined ? chooseInterface(name).name : name;
  }
}

/** Its threads end with the receiver. */
class ClosingPool extends CodingPool implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function keyOf(key: ReceiverOptions['key']): KeyObject {
  return typeof key === 'string' || Buffer.isBuffer(key) ? publicKeyFrom(key, 'the key given') : key;
}
