import type { LayercastError } from '../base/errors.js';
import { PACKET_OVERHEAD_BYTES } from '../base/limits.js';
import type { MembershipRequest } from '../base/ports.js';
import type { Trust } from '../trust/trust.js';
import type { Descriptor } from '../wire/descriptor.js';
import { FaultCounters } from './counters.js';
import {
  aborted,
  completed,
  cutAnew,
  fellSilent,
  type Kept,
  neverFound,
  noData,
  outOfTime,
  supersededBy,
  Warnings,
  warningFor,
} from './endings.js';
import type { CompleteEvent, ReceiverStats } from './events.js';
import { Fetch, type FetchWorld, Revoked, Superseded } from './fetch.js';
import type { ChannelChoice } from './join/channel-choice.js';
import { Recut } from './recut.js';
import { renewalOf } from './renewal.js';
import { Silence } from './silence.js';
import { Tally } from './tally.js';
import type { Finding } from './watch/findings.js';
import type { TrustSource } from './watch/fleet-trusts.js';
import { Watch } from './watch/watch.js';

/** How often the policy looks at the datagrams that have arrived: ten times in a slot. */
export const TICK_US = 50_000;
const DEFAULT_PROGRESS_INTERVAL_US = 1_000_000;

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
export type ReceiverWorld = Omit<FetchWorld, 'faults' | 'tally' | 'onDescriptor' | 'onWarning'>;

/** Watches for an object, fetches its newest version, and emits the receiver's events. Runs once. */
export class ReceiverDriver {
  readonly #options: ReceiverDriverOptions;
  readonly #world: ReceiverWorld;
  readonly #faults = new FaultCounters();
  readonly #tally = new Tally();
  readonly #watch: Watch;
  readonly #warnings: Warnings;
  #fetch: Fetch | undefined;
  #newest: Descriptor | undefined;
  #recut: Recut | undefined;
  #found: () => void = () => undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #silence: Silence;
  #startedUs = 0;
  /** Since when the receiver has been looking for a descriptor. */
  #searchingUs = 0;
  #progressUs = 0;
  #lastStats: ReceiverStats | undefined;

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
      },
      this.#faults,
    );
    this.#silence = new Silence(options, clock.nowUs());
  }

  /** Counts so far; undefined before a descriptor has been heard. */
  stats(): ReceiverStats | undefined {
    return this.#fetch?.stats() ?? this.#lastStats;
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
    const { clock } = this.#world;
    this.#startedUs = clock.nowUs();
    this.#progressUs = this.#startedUs;
    this.#searchingUs = this.#startedUs;
    const onAbort = () => this.#stop(aborted(signal, this.#kept));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    let dueUs = this.#startedUs + TICK_US;
    let cancelTick = clock.schedule(dueUs, () => tick());
    const tick = () => {
      const nowUs = clock.nowUs();
      this.#tick(nowUs, nowUs - dueUs);
      dueUs = nowUs + TICK_US;
      cancelTick = clock.schedule(dueUs, tick);
    };
    const watching = this.#followFindings();
    try {
      await this.#watch.open();
      this.#tellListening();
      return await this.#receive();
    } finally {
      signal.removeEventListener('abort', onAbort);
      cancelTick();
      await this.#watch.close();
      await watching;
    }
  }

  async #receive(): Promise<CompleteEvent> {
    for (;;) {
      const descriptor = await this.#nextDescriptor();
      try {
        return this.#complete(descriptor, await this.#receiveVersion(descriptor));
      } catch (error) {
        if (!(error instanceof Superseded || error instanceof Revoked)) throw error;
      }
    }
  }

  /** Resolves with the newest descriptor as soon as one has been heard. */
  async #nextDescriptor(): Promise<Descriptor> {
    while (this.#newest === undefined) {
      if (this.#failure) throw this.#failure.error;
      await new Promise<void>((resolve) => {
        this.#found = resolve;
      });
    }
    if (this.#failure) throw this.#failure.error;
    return this.#newest;
  }

  async #receiveVersion(descriptor: Descriptor): Promise<ReceiverStats> {
    const fetch = new Fetch(
      { ...this.#options, descriptor, interface: this.#options.announcement.interface },
      {
        ...this.#world,
        faults: this.#faults,
        tally: this.#tally,
        onDescriptor: this.#watch.hear,
        onWarning: (event) => this.#warnings.warn(event),
      },
    );
    this.#fetch = fetch;
    this.#recut = undefined;
    try {
      return await fetch.run();
    } finally {
      this.#lastStats = fetch.stats() ?? this.#lastStats;
      this.#fetch = undefined;
    }
  }

  async #followFindings(): Promise<void> {
    try {
      for await (const finding of this.#watch) this.#follow(finding);
    } catch (error) {
      this.#stop(error);
    }
  }

  #follow(finding: Finding): void {
    const { kind, descriptor } = finding;
    if (kind === 'newest') this.#take(descriptor);
    else if (kind === 'renewed') this.#renew(descriptor);
    else if (kind === 'unlisted') this.#warnings.noteUnlisted(finding.refusal!.message);
    else {
      const warning = warningFor(finding);
      if (warning !== undefined) this.#warnings.warn(warning);
      if (kind === 'revoked') this.#revoke(descriptor);
    }
  }

  /** Stops the fetch of a version that does not count any more. What was received stays, and another record may still bring it. */
  #revoke(descriptor: Descriptor): void {
    if (this.#newest !== descriptor) return;
    this.#newest = undefined;
    this.#searchingUs = this.#world.clock.nowUs();
    this.#fetch?.stop(new Revoked());
  }

  #take(descriptor: Descriptor): void {
    const before = this.#newest;
    this.#newest = descriptor;
    this.#found();
    if (before === undefined) return;
    this.#warnings.warn(supersededBy(descriptor));
    this.#fetch?.stop(new Superseded());
  }

  /** Takes a newer description of the same version. */
  #renew(descriptor: Descriptor): void {
    this.#newest = descriptor;
    const fetch = this.#fetch;
    if (fetch === undefined) return;
    if (renewalOf(fetch.descriptor, descriptor) !== 'geometry') {
      this.#recut = undefined;
      fetch.renew(descriptor);
    } else if (fetch.steering === undefined) fetch.stop(new Superseded());
    else this.#recut ??= new Recut(this.#world.clock.nowUs(), fetch.descriptor, fetch.steering);
  }

  #beginNewPiecesIfDue(nowUs: number, fetch: Fetch | undefined): void {
    if (fetch?.steering === undefined || !this.#recut?.isDue(nowUs, fetch.steering)) return;
    this.#recut = undefined;
    this.#warnings.warn(cutAnew(this.#newest!));
    fetch.stop(new Superseded());
  }

  #tick(nowUs: number, latenessUs: number): void {
    const { timeoutUs, waitedUs = 0, progressIntervalUs = DEFAULT_PROGRESS_INTERVAL_US } = this.#options;
    const fetch = this.#fetch?.isReceiving ? this.#fetch : undefined;
    fetch?.tick(nowUs, latenessUs);
    this.#beginNewPiecesIfDue(nowUs, fetch);
    if (fetch !== undefined && nowUs - this.#progressUs >= progressIntervalUs) {
      this.#progressUs = nowUs;
      const progress = fetch.progress();
      if (progress !== undefined) this.#world.emit('progress', progress);
    }
    if (timeoutUs !== undefined && waitedUs + nowUs - this.#startedUs >= timeoutUs) {
      this.#stop(this.#newest === undefined ? this.#neverFound(timeoutUs) : outOfTime(timeoutUs, this.#kept));
    }
    this.#judgeSilence(nowUs, fetch?.steering);
  }

  #judgeSilence(nowUs: number, steering: Fetch['steering']): void {
    const newest = this.#newest;
    const verdict = this.#silence.judge(nowUs, {
      watch: this.#watch,
      steering,
      isFound: newest !== undefined,
      startedUs: this.#searchingUs,
    });
    if (verdict?.kind === 'over') {
      const { limitUs } = verdict;
      const silent = () => fellSilent(this.#what, limitUs, this.#kept, steering?.refusal);
      this.#stop(steering === undefined ? this.#neverFound(limitUs) : silent());
    } else if (verdict?.kind === 'noData') {
      const packetBytes = newest!.symbolBytes + PACKET_OVERHEAD_BYTES;
      this.#warnings.warn(noData(verdict.channels, packetBytes));
    }
  }

  #tellListening(): void {
    const { group, port, interface: name } = this.#options.announcement;
    const patienceMs = this.#silence.firstLimitUs(this.#watch) / 1000;
    this.#world.emit('listening', { group, port, interface: name, patienceMs });
  }

  get #kept(): Kept | undefined {
    return this.#fetch?.kept;
  }

  #stop(error: unknown): void {
    this.#failure ??= { error };
    this.#found();
    this.#fetch?.stop(this.#failure.error);
  }

  get #what(): string {
    return `${this.#options.fleet}/${this.#options.object}`;
  }

  #neverFound(limitUs: number): LayercastError {
    return neverFound(this.#what, limitUs, this.#warnings, this.#faults);
  }

  #complete(descriptor: Descriptor, stats: ReceiverStats): CompleteEvent {
    const elapsedUs = this.#world.clock.nowUs() - this.#startedUs;
    const event = completed(descriptor, stats, elapsedUs, this.#options.outputPath);
    this.#world.emit('complete', event);
    return event;
  }
}
