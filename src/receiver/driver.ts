import type { LayercastError } from '../base/errors.js';
import type { MembershipRequest } from '../base/ports.js';
import type { Trust } from '../trust/trust.js';
import { FaultCounters } from './counters.js';
import { aborted, completed, neverFound, outOfTime } from './endings.js';
import type { CompleteEvent, ReceiverStats } from './events.js';
import type { FetchWorld } from './fetch.js';
import type { ChannelChoice } from './join/channel-choice.js';
import { type Caught, Pursuit } from './pursuit.js';
import { startTicking } from './ticking.js';
import { Warnings } from './warnings.js';
import type { TrustSource } from './watch/fleet-trusts.js';
import { Watch } from './watch/watch.js';

export interface ReceiverDriverOptions extends ChannelChoice {
  readonly fleet: string;
  readonly object: string;
  /** Whose records count. */
  readonly trust: TrustSource;
  /** The group on which the fleet announces its objects. */
  readonly announcement: MembershipRequest;
  /** The run ends after this long: with `TIMEOUT`, or with `NOBODY_SENDING` if nothing was ever heard. Undefined: no limit. */
  readonly timeoutUs: number | undefined;
  /** How long the caller waited before it started the driver. This time counts towards `timeoutUs`. @default 0 */
  readonly waitedUs?: number;
  /** The run ends with `NOBODY_SENDING` when the receiver has heard nothing of the object for this long. */
  readonly patienceUs: number;
  readonly lowestVersion: number;
  readonly acceptExpired: boolean;
  /** The classes of devices that this host belongs to; undefined: objects for any device are received. */
  readonly compatible?: readonly string[] | undefined;
  /** Whether the receiver waits for a missing interface for any length of time. */
  readonly waits: boolean;
  /** The file that the run makes; the final record names it. */
  readonly outputPath?: string | undefined;
  /** Time between two `progress` events. @default 1 s */
  readonly progressIntervalUs?: number;
}

/** What the driver needs from outside: clock, network, destination. */
export interface ReceiverWorld extends Omit<FetchWorld, 'faults' | 'tally' | 'onDescriptor' | 'onWarning'> {
  /** As in `WatchWorld`. */
  readonly onRoot?: (() => void) | undefined;
}

/** Watches for an object, fetches its newest version, and emits the receiver's events. Runs once. */
export class ReceiverDriver {
  readonly #options: ReceiverDriverOptions;
  readonly #world: ReceiverWorld;
  readonly #faults = new FaultCounters();
  readonly #watch: Watch;
  readonly #warnings: Warnings;
  readonly #pursuit: Pursuit;
  #startedUs = 0;

  constructor(options: ReceiverDriverOptions, world: ReceiverWorld) {
    this.#options = options;
    this.#world = world;
    const { clock, network, emit } = world;
    this.#warnings = new Warnings((event) => emit('warning', event));
    this.#watch = new Watch(
      { ...options, lowestVersionOf: () => options.lowestVersion },
      {
        clock,
        network,
        onWaiting: (message) => emit('waiting', { message }),
        onRefused: (message) => this.#warnings.warn({ code: 'JOIN_REFUSED', message }),
        onRoot: world.onRoot,
      },
      this.#faults,
    );
    const [watch, warnings, faults] = [this.#watch, this.#warnings, this.#faults];
    this.#pursuit = new Pursuit(
      { ...options, interface: options.announcement.interface },
      { ...world, watch, warnings, faults, neverFound: (limitUs) => this.#neverFound(limitUs) },
    );
  }

  /** Counts so far; undefined before a descriptor has been heard. */
  stats(): ReceiverStats | undefined {
    return this.#pursuit.stats();
  }

  /** What this run has learned of the fleet's roots and of the time, for the next run; undefined before anything of the fleet was heard. */
  get trust(): Trust | undefined {
    return this.#watch.trustOf(this.#options.fleet);
  }

  /**
   * Resolves with the final record when the object is whole and the file has its name.
   * @throws {LayercastError} `TIMEOUT`, `NOBODY_SENDING`, `ABORTED`, `VERSION_REFUSED`, `EXPIRED`, `RECORD_INVALID`,
   * or an error of the disk or the network; progress is kept.
   */
  async run(signal: AbortSignal): Promise<CompleteEvent> {
    this.#startedUs = this.#world.clock.nowUs();
    const onAbort = () => this.#pursuit.stop(aborted(signal, this.#pursuit.kept));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const stopTicking = startTicking(this.#world, (nowUs, latenessUs) => {
      this.#watchTime(nowUs);
      this.#pursuit.tick(nowUs, latenessUs);
    });
    const watching = this.#followFindings();
    try {
      await this.#watch.open();
      this.#tellListening();
      return this.#complete(await this.#pursuit.run());
    } finally {
      signal.removeEventListener('abort', onAbort);
      stopTicking();
      await this.#watch.close();
      await watching;
    }
  }

  async #followFindings(): Promise<void> {
    try {
      for await (const finding of this.#watch) this.#pursuit.follow(finding);
    } catch (error) {
      this.#pursuit.stop(error);
    }
  }

  #watchTime(nowUs: number): void {
    const { timeoutUs, waitedUs = 0 } = this.#options;
    if (timeoutUs === undefined || waitedUs + nowUs - this.#startedUs < timeoutUs) return;
    const { newest, kept } = this.#pursuit;
    this.#pursuit.stop(newest === undefined ? this.#neverFound(timeoutUs) : outOfTime(timeoutUs, kept));
  }

  #tellListening(): void {
    const { group, port, interface: name } = this.#options.announcement;
    const patienceMs = this.#pursuit.firstLimitUs / 1000;
    this.#world.emit('listening', { group, port, interface: name, patienceMs });
  }

  get #what(): string {
    return `${this.#options.fleet}/${this.#options.object}`;
  }

  #neverFound(limitUs: number): LayercastError {
    return neverFound(this.#what, limitUs, this.#warnings, this.#faults);
  }

  #complete({ descriptor, stats }: Caught): CompleteEvent {
    const elapsedUs = this.#world.clock.nowUs() - this.#startedUs;
    const event = completed(descriptor, stats, elapsedUs, this.#options.outputPath);
    this.#world.emit('complete', event);
    return event;
  }
}
