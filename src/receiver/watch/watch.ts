import type { Clock, MembershipRequest, Network, ReceivedBatch } from '../../base/ports.js';
import type { FaultCounters } from '../counters.js';
import { Subscription } from '../join/subscription.js';
import type { DescriptorHandler } from '../reception.js';
import { messageOf, refusalCode } from '../refusals.js';
import { AnnouncementReader } from './announcements.js';
import { DescriptorInbox, type InboxOptions } from './descriptor-inbox.js';
import { FindingQueue } from './finding-queue.js';
import type { Finding } from './findings.js';

/** Findings that may wait for whoever iterates: as many as there may be objects. */
const MAX_WAITING = 10_000;
/** How often is looked whether the group is joined: an interface that comes back is used within a second. */
const LOOK_INTERVAL_US = 1_000_000;
/**
 * A group as silent as this is joined anew, or three announce intervals if that is longer: an interface may have come back
 * without its memberships, and nobody says so.
 */
const RENEW_AFTER_US = 10_000_000;
const RENEW_AFTER_INTERVALS = 3;

export interface WatchOptions extends InboxOptions {
  /** Where the fleet announces. */
  readonly announcement: MembershipRequest;
  /** Whether `open` waits for an interface that is missing. Once open, the watch always does. */
  readonly waits: boolean;
}

export interface WatchWorld {
  readonly clock: Clock;
  readonly network: Network;
  /** The interface is missing, and is waited for: told once, until the group is joined again. */
  readonly onWaiting: (message: string) => void;
  /** The system refuses to join anew, for another reason; it is asked again. */
  readonly onRefused: (message: string) => void;
}

/**
 * Finds objects: stays joined to a group where objects are announced, whatever happens to the interface, and tells what is heard
 * there. One reader iterates the findings; the iteration ends when the watch is closed.
 */
export class Watch implements AsyncIterable<Finding> {
  readonly #options: WatchOptions;
  readonly #world: WatchWorld;
  readonly #inbox: DescriptorInbox;
  readonly #announcements: AnnouncementReader;
  readonly #subscription: Subscription;
  readonly #findings = new FindingQueue<Finding>(MAX_WAITING);
  #isOpen = false;
  #isWaiting = false;
  #heardUs: number | undefined;
  #joinedUs = 0;
  #cancelLook: () => void = () => undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions, world: WatchWorld, faults: FaultCounters) {
    this.#options = options;
    this.#world = world;
    this.#inbox = new DescriptorInbox(options, faults, (sourceId) => world.network.sourceAddress?.(sourceId));
    this.#announcements = new AnnouncementReader(faults, this.hear);
    this.#subscription = new Subscription(world.network, options.announcement, (batch) => this.#handle(batch));
  }

  /** Whether the interface is missing, so that nothing can be heard. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** When something last came on the group, announcement or not; undefined if never. */
  get heardUs(): number | undefined {
    return this.#heardUs;
  }

  /** The longest time in which a genuine record that was heard says that it is announced once; 0 if none says so. */
  get announceIntervalUs(): number {
    return this.#inbox.announceIntervalUs;
  }

  /**
   * Joins the group. With `waits`, a missing interface is no error: the group is joined when the interface is there.
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
    this.#lookLater();
  }

  /** Takes the payload of a descriptor datagram, which may have come on any channel. */
  readonly hear: DescriptorHandler = (header, bytes, start, length, sourceId) => {
    const { clock } = this.#world;
    const finding = this.#inbox.handle(header, bytes, start, length, clock.nowUs(), clock.wallUs() / 1e6, sourceId);
    if (finding !== undefined) this.#findings.add(finding);
  };

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
    this.#announcements.handle(batch);
  }

  #lookLater(): void {
    if (!this.#isOpen) return;
    const { clock } = this.#world;
    this.#cancelLook = clock.schedule(clock.nowUs() + LOOK_INTERVAL_US, () => {
      this.#work = this.#look().then(() => this.#lookLater());
    });
  }

  /** Joins anew what is not joined any more, or has been silent for long. */
  async #look(): Promise<void> {
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
