import type { LayercastError } from '../base/errors.js';
import { PACKET_OVERHEAD_BYTES } from '../base/limits.js';
import type { Descriptor } from '../wire/descriptor.js';
import { continuedStats } from './continued-stats.js';
import { fellSilent, type Kept } from './endings.js';
import type { ReceiverStats } from './events.js';
import { Fetch, type FetchWorld, Revoked, Superseded } from './fetch.js';
import type { ChannelChoice } from './join/channel-choice.js';
import { Recut } from './recut.js';
import { renewalOf } from './renewal.js';
import { OffAir, ScheduleKeeper } from './schedule-keeper.js';
import { Silence, type SilenceOptions } from './silence.js';
import { Tally } from './tally.js';
import { cutAnew, noData, supersededBy, type Warnings, warningFor } from './warnings.js';
import type { Finding, FindingKind } from './watch/findings.js';
import { relationOf } from './watch/newest-descriptors.js';
import type { Watch } from './watch/watch.js';

const DEFAULT_PROGRESS_INTERVAL_US = 1_000_000;

export interface PursuitOptions extends ChannelChoice, SilenceOptions {
  readonly fleet: string;
  readonly object: string;
  /** Interface to join on; undefined lets the network choose. */
  readonly interface: string | undefined;
  /** Time between two `progress` events. @default 1 s */
  readonly progressIntervalUs?: number | undefined;
}

/** What a pursuit needs from outside. */
export interface PursuitWorld extends Omit<FetchWorld, 'tally' | 'onDescriptor' | 'onWarning'> {
  /** Hears of the object; its owner hands on what it finds (`follow`). */
  readonly watch: Pick<Watch, 'announceIntervalUs' | 'isWaiting' | 'heardUs' | 'hear'>;
  readonly warnings: Warnings;
  /** The error when nothing usable of the object was heard within the limit. */
  readonly neverFound: (limitUs: number) => LayercastError;
}

/** What a pursuit has brought: the version, and the counts of all that it took. */
export interface Caught {
  readonly descriptor: Descriptor;
  readonly stats: ReceiverStats;
}

/**
 * Brings the newest version of one object to its destination: follows what a watch finds of the object, fetches the newest version, and
 * begins anew when a newer one is announced or its pieces change. Runs once.
 */
export class Pursuit {
  readonly #options: PursuitOptions;
  readonly #world: PursuitWorld;
  readonly #tally = new Tally();
  readonly #silence: Silence;
  #fetch: Fetch | undefined;
  #newest: Descriptor | undefined;
  #recut: Recut | undefined;
  #found: () => void = () => undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Since when a descriptor has been looked for. */
  #searchingUs: number;
  #progressUs: number;
  #lastStats: ReceiverStats | undefined;
  readonly #schedule: ScheduleKeeper;
  /** What earlier fetches of a version counted, which ended with a window, or because the version was not to be had for a while. */
  #earlier: { readonly version: number; readonly stats: ReceiverStats | undefined } | undefined;

  constructor(options: PursuitOptions, world: PursuitWorld) {
    this.#options = options;
    this.#world = world;
    this.#schedule = new ScheduleKeeper(world.clock, (message) => world.emit('waiting', { message }));
    const nowUs = world.clock.nowUs();
    this.#silence = new Silence(options, nowUs);
    this.#searchingUs = nowUs;
    this.#progressUs = nowUs;
  }

  /** The newest descriptor that counts; undefined until one has been heard, and after the last one was revoked or withdrawn. */
  get newest(): Descriptor | undefined {
    return this.#newest;
  }

  /** How much of the object the receiver has; undefined while no store is open. */
  get kept(): Kept | undefined {
    return this.#fetch?.kept;
  }

  /** Whether everything that is needed of servers is here, unless a block turns out wrong. */
  get hasEnough(): boolean {
    return this.#fetch?.hasEnough ?? false;
  }

  /** How long the first announcement is waited for, in µs. */
  get firstLimitUs(): number {
    return this.#silence.firstLimitUs(this.#world.watch);
  }

  /** Counts so far; undefined before a descriptor has been heard. */
  stats(): ReceiverStats | undefined {
    const now = this.#fetch?.stats();
    return now === undefined ? this.#lastStats : continuedStats(this.#earlier?.stats, now);
  }

  /**
   * Resolves when the newest version is whole and verified and its destination has it.
   * @throws {LayercastError} the error of `stop`, `NOBODY_SENDING`, or what `Fetch.run` throws; progress is kept
   */
  async run(): Promise<Caught> {
    for (;;) {
      const descriptor = await this.#nextDescriptor();
      try {
        return { descriptor, stats: await this.#receiveVersion(descriptor) };
      } catch (error) {
        if (!(error instanceof Superseded || error instanceof Revoked || error instanceof OffAir)) throw error;
      }
    }
  }

  /** Takes what a watch has found of the object. */
  follow(finding: Finding): void {
    const { descriptor } = finding;
    const kind = this.#kindOf(finding);
    if (kind === 'newest') this.#take(descriptor);
    else if (kind === 'renewed') this.#renew(descriptor);
    else if (kind === 'unlisted') this.#world.warnings.noteUnlisted(finding.refusal!.message);
    // What servers have sent is enough, so it does not matter that they send no more.
    else if (kind !== 'withdrawn' || !this.hasEnough) {
      const warning = warningFor({ ...finding, kind });
      if (warning !== undefined) this.#world.warnings.warn(warning);
      // A server of the web may bring the rest of what servers do not send any more.
      if (kind === 'revoked' || (kind === 'withdrawn' && !this.#fetch?.canFill)) this.#revoke(descriptor);
    }
  }

  /** Leaves all channels and makes `run` reject with `error`. Progress is kept. */
  stop(error: unknown): void {
    this.#failure ??= { error };
    this.#found();
    this.#fetch?.stop(this.#failure.error);
  }

  /** Does everything that is due; the owner calls `tick` every 50 ms. */
  tick(nowUs: number, latenessUs: number): void {
    this.#keepToSchedule();
    const fetch = this.#fetch?.isReceiving ? this.#fetch : undefined;
    fetch?.tick(nowUs, latenessUs);
    this.#beginNewPiecesIfDue(nowUs, fetch);
    this.#tellProgress(nowUs, fetch);
    // While a server of the web may bring the rest, silence ends nothing.
    this.#judgeSilence(nowUs, fetch?.canFill ? undefined : fetch?.awaited);
  }

  /** Resolves with the newest descriptor as soon as one has been heard and its object is sent. */
  async #nextDescriptor(): Promise<Descriptor> {
    while (this.#newest === undefined || !this.#schedule.isOnAir(this.#newest)) {
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
      { ...this.#options, descriptor },
      {
        ...this.#world,
        tally: this.#tally,
        onDescriptor: this.#world.watch.hear,
        onWarning: (event) => this.#world.warnings.warn(event),
      },
    );
    this.#fetch = fetch;
    this.#recut = undefined;
    const { version } = descriptor;
    if (this.#earlier?.version !== version) this.#earlier = undefined;
    let isInterrupted = false;
    try {
      return continuedStats(this.#earlier?.stats, await fetch.run());
    } catch (error) {
      isInterrupted = error instanceof OffAir || error instanceof Revoked;
      throw error;
    } finally {
      this.#lastStats = this.stats();
      this.#earlier = isInterrupted ? { version, stats: this.#lastStats } : undefined;
      this.#fetch = undefined;
    }
  }

  /** Stops the fetch of a version that does not count or is not sent any more. What was received stays, and another record may still bring it. */
  #revoke(descriptor: Descriptor): void {
    if (this.#newest !== descriptor) return;
    this.#newest = undefined;
    this.#searchingUs = this.#world.clock.nowUs();
    this.#fetch?.stop(new Revoked());
  }

  /** A watch forgets a version that is withdrawn. If a server of the web goes on with it here, what the watch finds next may not be newer. */
  #kindOf({ kind, descriptor }: Finding): FindingKind {
    return kind === 'newest' && this.#newest !== undefined ? relationOf(this.#newest, descriptor) : kind;
  }

  #take(descriptor: Descriptor): void {
    const before = this.#newest;
    this.#newest = descriptor;
    this.#found();
    if (before === undefined) return;
    this.#world.warnings.warn(supersededBy(descriptor));
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

  /** Leaves all channels when a window of the schedule has ended, and begins again with the next. */
  #keepToSchedule(): void {
    const fetch = this.#fetch;
    const step = this.#schedule.look(this.#newest, fetch !== undefined);
    if (step === 'begin') this.#found();
    // A server of the web may bring the rest meanwhile.
    else if (step === 'stop' && fetch?.canFill === false) fetch.stop(new OffAir());
  }

  #beginNewPiecesIfDue(nowUs: number, fetch: Fetch | undefined): void {
    if (fetch?.steering === undefined || !this.#recut?.isDue(nowUs, fetch.steering)) return;
    this.#recut = undefined;
    this.#world.warnings.warn(cutAnew(this.#newest!));
    fetch.stop(new Superseded());
  }

  #tellProgress(nowUs: number, fetch: Fetch | undefined): void {
    const { progressIntervalUs = DEFAULT_PROGRESS_INTERVAL_US } = this.#options;
    if (fetch === undefined || nowUs - this.#progressUs < progressIntervalUs) return;
    this.#progressUs = nowUs;
    const progress = fetch.progress();
    if (progress !== undefined) this.#world.emit('progress', progress);
  }

  #judgeSilence(nowUs: number, steering: Fetch['steering']): void {
    const newest = this.#newest;
    const verdict = this.#silence.judge(nowUs, {
      watch: this.#world.watch,
      announcedUs: newest && this.#world.watch.heardUs(newest),
      steering,
      isFound: newest !== undefined,
      startedUs: this.#searchingUs,
    });
    const left = this.#world.warnings.first('SERVER_LEFT');
    if (verdict?.kind === 'over') {
      const { limitUs } = verdict;
      const { fleet, object } = this.#options;
      const silent = () => fellSilent(`${fleet}/${object}`, limitUs, this.kept, steering?.refusal, left);
      this.stop(steering === undefined ? this.#world.neverFound(limitUs) : silent());
    } else if (verdict?.kind === 'noData' && left === undefined) {
      const packetBytes = newest!.symbolBytes + PACKET_OVERHEAD_BYTES;
      this.#world.warnings.warn(noData(verdict.channels, packetBytes));
    }
  }
}
