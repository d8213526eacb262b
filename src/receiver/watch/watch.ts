import type { Clock, MembershipRequest, Network, ReceivedBatch } from '../../base/ports.js';
import type { Trust } from '../../trust/trust.js';
import type { Descriptor } from '../../wire/descriptor.js';
import type { FaultCounters } from '../counters.js';
import { Subscription } from '../join/subscription.js';
import type { DescriptorHandler } from '../reception.js';
import { messageOf, refusalCode } from '../refusals.js';
import { AnnouncementReader } from './announcements.js';
import { DescriptorInbox } from './descriptor-inbox.js';
import { FindingQueue } from './finding-queue.js';
import type { Finding } from './findings.js';
import type { KeptRecord } from './newest-descriptors.js';
import type { InboxOptions } from './record-judge.js';

/** A clock that differs by more than this from what it showed before, beyond the time that has passed, was set. */
const CLOCK_JUMP_US = 2_000_000;

/** Findings that may wait for their reader: as many as the inbox keeps objects. */
const MAX_WAITING = 10_000;
/** How often the watch checks that the group is joined: an interface that comes back is used within a second. */
const LOOK_INTERVAL_US = 1_000_000;
/** A group that was heard within this time is joined. Longer than the longest pause between reads of patient sockets. */
const HEARD_US = 2_500_000;
/**
 * A group that is silent for this long, or for three announce intervals if that is longer, is joined again: an interface may
 * have come back without its memberships, and the system does not report that.
 */
const RENEW_AFTER_US = 10_000_000;
const RENEW_AFTER_INTERVALS = 3;

export interface WatchOptions extends InboxOptions {
  /** The group on which the fleet announces its objects. */
  readonly announcement: MembershipRequest;
  /** Whether `open` waits for an interface that is missing. Once it is open, a watch always waits. */
  readonly waits: boolean;
}

export interface WatchWorld {
  readonly clock: Clock;
  readonly network: Network;
  /** Called when the watch begins to wait for a missing interface, and then not again until the group has been joined. */
  readonly onWaiting: (message: string) => void;
  /** Called when the system refuses to join again for another reason. The watch tries again. */
  readonly onRefused: (message: string) => void;
  /** Called when a newer root of the fleet counts. Whoever keeps it at once follows it also after a power cut. */
  readonly onRoot?: (() => void) | undefined;
}

/**
 * Finds objects: stays joined to a group where objects are announced, also when its interface goes away and comes back, and
 * reports what is heard there. One reader iterates the findings; the iteration ends when the watch is closed.
 */
export class Watch implements AsyncIterable<Finding> {
  readonly #options: WatchOptions;
  readonly #world: WatchWorld;
  readonly #inbox: DescriptorInbox;
  readonly #announcements: AnnouncementReader;
  readonly #subscription: Subscription;
  readonly #findings = new FindingQueue<Finding>(MAX_WAITING);
  #toldRootCount = 0;
  #isOpen = false;
  #isWaiting = false;
  #heardUs: number | undefined;
  #joinedUs = 0;
  /** By how much the clock of the day is ahead of the clock that never jumps. */
  #wallAheadUs: number | undefined;
  #cancelLook: () => void = () => undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions, world: WatchWorld, faults: FaultCounters) {
    this.#options = options;
    this.#world = world;
    this.#inbox = new DescriptorInbox(options, faults, (sourceId) => world.network.sourceAddress?.(sourceId));
    this.#announcements = new AnnouncementReader(faults, this.hear);
    this.#subscription = new Subscription(world.network, options.announcement, (batch) => this.#handle(batch));
  }

  /** Whether the watch waits for a missing interface, so that nothing can be heard. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** When a record of this version was heard last; undefined if never, or if the version does not count (any more). */
  heardUs(descriptor: Descriptor): number | undefined {
    return this.#inbox.heardUs(descriptor);
  }

  /** The longest announce interval in any genuine record of the fleet; 0 if none names one. */
  get announceIntervalUs(): number {
    return this.#inbox.announceIntervalUs;
  }

  /**
   * Joins the group. With `waits`, a missing interface is no error: the watch joins the group when the interface appears.
   * @throws {LayercastError} `UNKNOWN_INTERFACE`, `NETWORK_UNAVAILABLE` when the system refuses.
   */
  async open(): Promise<void> {
    this.#isOpen = true;
    try {
      await this.#subscription.join();
    } catch (error) {
      if (!this.#options.waits || refusalCode(error) !== 'UNKNOWN_INTERFACE') throw error;
      this.#wait(error);
    }
    this.#joinedUs = this.#world.clock.nowUs();
    this.#watchClock();
    this.#lookLater();
  }

  /** Takes the payload of a descriptor datagram, which may have come on any channel. */
  readonly hear: DescriptorHandler = (header, bytes, start, length, sourceId) => {
    const { clock } = this.#world;
    const finding = this.#inbox.handle(header, bytes, start, length, clock.nowUs(), clock.wallUs() / 1e6, sourceId);
    if (finding !== undefined) this.#findings.add(finding);
    if (this.#inbox.isStale) this.#tellRevoked();
  };

  /**
   * Takes a whole signed record that came by another way than announcements. Nothing of it is believed beyond its signatures, and it counts as
   * heard. Give it again after a record that may prove it.
   */
  take(record: Uint8Array): void {
    const { clock } = this.#world;
    const finding = this.#inbox.take(record, clock.nowUs(), clock.wallUs() / 1e6);
    if (finding !== undefined) this.#findings.add(finding);
    this.#tellRevoked();
  }

  /** Records of the newest versions that count, for `recall` of a later watch. */
  get records(): readonly KeptRecord[] {
    return this.#inbox.records;
  }

  /**
   * Takes a record that an earlier watch heard, before it is announced again.
   *
   * @param announcedBy as in `KeptRecord`: if that server is heard, and does not announce the record, it counts as withdrawn
   */
  recall(record: Uint8Array, announcedBy?: string): void {
    const { clock } = this.#world;
    const finding = this.#inbox.recall(record, clock.nowUs(), clock.wallUs() / 1e6, announcedBy);
    if (finding !== undefined) this.#findings.add(finding);
  }

  /** Whose records of a fleet count; undefined if nothing of it is trusted. */
  trustOf(fleet: string): Trust | undefined {
    return this.#inbox.trustOf(fleet);
  }

  [Symbol.asyncIterator](): AsyncIterator<Finding> {
    return this.#findings[Symbol.asyncIterator]();
  }

  /** Leaves the group and ends the iteration. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#cancelLook();
    this.#findings.close();
    await this.#work;
    await this.#subscription.leave();
  }

  #handle(batch: ReceivedBatch): void {
    this.#heardUs = this.#world.clock.nowUs();
    this.#watchClock();
    this.#announcements.handle(batch);
  }

  /** While the group is heard, there is little to look for, and each batch shows whether the clock was set. */
  #lookLater(): void {
    if (!this.#isOpen) return;
    const { clock } = this.#world;
    const atUs = Math.max(clock.nowUs() + LOOK_INTERVAL_US, (this.#heardUs ?? 0) + HEARD_US);
    this.#cancelLook = clock.schedule(atUs, () => {
      this.#watchClock();
      this.#tellGone(clock.nowUs(), clock.wallUs() / 1e6);
      this.#work = this.#look().then(() => this.#lookLater());
    });
  }

  /** Has records judged anew after the clock was set: dates may have passed, or not have passed yet. */
  #watchClock(): void {
    const { clock } = this.#world;
    const aheadUs = clock.wallUs() - clock.nowUs();
    const hasJumped = this.#wallAheadUs !== undefined && Math.abs(aheadUs - this.#wallAheadUs) > CLOCK_JUMP_US;
    if (this.#wallAheadUs === undefined || hasJumped) this.#wallAheadUs = aheadUs;
    if (hasJumped) this.#inbox.forgetVerdicts();
    if (this.#inbox.isStale) this.#tellRevoked();
  }

  /** Tells which versions do not count any more because of the time that has passed. */
  #tellGone(nowUs: number, wallS: number): void {
    const inbox = this.#inbox;
    const gone = [...inbox.expired(nowUs, wallS), ...inbox.withdrawn(nowUs), ...inbox.unlisted(nowUs, wallS)];
    for (const finding of gone) this.#findings.add(finding);
  }

  #tellRevoked(): void {
    const { rootCount } = this.#inbox;
    if (rootCount > this.#toldRootCount) this.#world.onRoot?.();
    this.#toldRootCount = rootCount;
    const { clock } = this.#world;
    for (const finding of this.#inbox.revoked(clock.nowUs(), clock.wallUs() / 1e6)) this.#findings.add(finding);
  }

  /** Joins the group again if it is no longer joined, or has been silent for long. */
  async #look(): Promise<void> {
    // Whoever hears is joined; to ask the system costs more than all that an idle watch does otherwise.
    if (this.#world.clock.nowUs() - (this.#heardUs ?? Number.NEGATIVE_INFINITY) < HEARD_US) return;
    if (this.#subscription.isJoined && !this.#isSilent()) return;
    try {
      await this.#subscription.renew();
      this.#joinedUs = this.#world.clock.nowUs();
      this.#isWaiting = false;
    } catch (error) {
      if (refusalCode(error) === 'UNKNOWN_INTERFACE') this.#wait(error);
      else this.#world.onRefused(messageOf(error));
    }
  }

  #isSilent(): boolean {
    const limitUs = Math.max(RENEW_AFTER_US, RENEW_AFTER_INTERVALS * this.announceIntervalUs);
    return this.#world.clock.nowUs() - Math.max(this.#heardUs ?? 0, this.#joinedUs) >= limitUs;
  }

  #wait(error: unknown): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#world.onWaiting(messageOf(error));
  }
}
