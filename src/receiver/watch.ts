import type { Clock, Membership, MembershipRequest, Network } from '../ports.js';
import { AnnouncementReader } from './announcements.js';
import type { FaultCounters } from './counters.js';
import { DescriptorInbox, type InboxOptions } from './descriptor-inbox.js';
import { FindingQueue } from './finding-queue.js';
import type { Finding } from './findings.js';
import type { DescriptorHandler } from './reception.js';

/** Findings that may wait for whoever iterates: as many as there may be objects. */
const MAX_WAITING = 10_000;

export interface WatchOptions extends InboxOptions {
  /** Where the fleet announces. */
  readonly announcement: MembershipRequest;
}

export interface WatchWorld {
  readonly clock: Clock;
  readonly network: Network;
}

/**
 * Finds objects: holds the membership of a group where objects are announced, and tells what is heard there. One reader iterates
 * the findings; the iteration ends when the watch is closed.
 */
export class Watch implements AsyncIterable<Finding> {
  readonly #options: WatchOptions;
  readonly #world: WatchWorld;
  readonly #inbox: DescriptorInbox;
  readonly #announcements: AnnouncementReader;
  readonly #findings = new FindingQueue<Finding>(MAX_WAITING);
  #membership: Membership | undefined;

  constructor(options: WatchOptions, world: WatchWorld, faults: FaultCounters) {
    this.#options = options;
    this.#world = world;
    this.#inbox = new DescriptorInbox(options, faults);
    this.#announcements = new AnnouncementReader(faults, this.hear);
  }

  /** Joins the group. @throws {LayercastError} `UNKNOWN_INTERFACE`, `NETWORK_UNAVAILABLE` when the system refuses. */
  async open(): Promise<void> {
    const { announcement } = this.#options;
    this.#membership = await this.#world.network.join(announcement, (batch) => this.#announcements.handle(batch));
  }

  /** Takes the payload of a descriptor datagram, which may have come on any channel. */
  readonly hear: DescriptorHandler = (header, bytes, start, length, source) => {
    const { clock } = this.#world;
    const finding = this.#inbox.handle(header, bytes, start, length, clock.nowUs(), clock.wallUs() / 1e6, source);
    if (finding !== undefined) this.#findings.add(finding);
  };

  [Symbol.asyncIterator](): AsyncIterator<Finding> {
    return this.#findings[Symbol.asyncIterator]();
  }

  /** Leaves the group and ends the iteration. */
  async close(): Promise<void> {
    this.#findings.close();
    await this.#membership?.leave();
  }
}
