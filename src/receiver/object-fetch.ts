import { LayercastError } from '../errors.js';
import type { Clock, Network, ReceivedBatch } from '../ports.js';
import type { ChannelPolicy } from '../rate/policy.js';
import type { Descriptor } from '../wire/descriptor.js';
import type { FaultCounters } from './counters.js';
import type { MembershipEvent, ProgressEvent, ReceiverStats, WarningEvent } from './events.js';
import { Memberships } from './memberships.js';
import type { ObjectStore } from './object-store.js';
import { ProgressMeter, presentBytes } from './progress.js';
import { type DescriptorHandler, Reception } from './reception.js';
import { Verification } from './verification.js';

/** What a crash may cost: half a second of reception has to be received again. */
const CHECKPOINT_INTERVAL_US = 500_000;
/** A channel as silent as this is joined anew, or ten of its intervals if it is a slow one. */
const RENEW_AFTER_US = 5_000_000;
const RENEW_AFTER_INTERVALS = 10;

export interface ObjectFetchOptions {
  readonly descriptor: Descriptor;
  readonly store: ObjectStore;
  readonly policy: ChannelPolicy;
  readonly interface: string | undefined;
  readonly faults: FaultCounters;
  readonly clock: Clock;
  readonly network: Network;
  readonly onDescriptor: DescriptorHandler;
  readonly onJoin: (event: MembershipEvent) => void;
  readonly onLeave: (event: MembershipEvent) => void;
  readonly onWarning: (event: WarningEvent) => void;
}

/** Receives one version of one object into its store: joins, verifies, checkpoints, leaves. */
export class ObjectFetch {
  readonly resumedBytes: number;
  readonly #options: ObjectFetchOptions;
  readonly #reception: Reception;
  readonly #memberships: Memberships;
  readonly #verification: Verification;
  readonly #meter: ProgressMeter;
  readonly #startedUs: number;
  readonly #renewedUs = new Map<number, number>();
  readonly #finished: Promise<void>;
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  #ended = false;
  /** Nothing that comes after the object is known to be whole may disturb its last check and its naming. */
  #isWhole = false;
  #working = false;
  #checkpoint: Promise<void> = Promise.resolve();
  #checkpointing = false;
  #checkpointedUs: number;
  /** Symbols present when the whole object was last hashed for want of block digests. */
  #tried = false;

  constructor(options: ObjectFetchOptions) {
    const { descriptor, store, faults, onDescriptor, clock } = options;
    this.#options = options;
    this.#reception = new Reception(descriptor, store, faults, onDescriptor);
    this.resumedBytes = presentBytes(this.#reception.assembler);
    this.#verification = new Verification(this.#reception.assembler, store);
    this.#meter = new ProgressMeter(descriptor, this.#reception, this.resumedBytes);
    this.#memberships = new Memberships({ ...options, onBatch: (channel, batch) => this.#handle(channel, batch) });
    this.#startedUs = clock.nowUs();
    this.#checkpointedUs = this.#startedUs;
    this.#finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    // It may fail while `run` still joins and nobody waits for it yet, which Node would take for a fault of the program.
    this.#finished.catch(() => undefined);
  }

  /** When the last datagram of this object came, or the fetch began. */
  get lastHeardUs(): number {
    return this.#reception.lastHeardUs ?? this.#startedUs;
  }

  get slowestIntervalUs(): number {
    const joined = this.#memberships.channels.map((channel) => this.#options.descriptor.channels[channel]!.intervalUs);
    return Math.max(0, ...joined);
  }

  progress(): ProgressEvent {
    return this.#meter.report(this.#options.clock.nowUs(), this.#memberships.channels);
  }

  stats(): ReceiverStats {
    return this.#meter.stats(this.#options.faults);
  }

  /**
   * Resolves when the object is whole, verified and in its place. Rejects with what stops it, progress kept.
   * @throws {LayercastError} `DIGEST_MISMATCH`, `NETWORK_UNAVAILABLE`, `DISK_FULL`, `FILE_IO`, …
   */
  async run(): Promise<void> {
    const { policy, clock, store } = this.#options;
    try {
      this.#work();
      if (!this.#reception.assembler.isVerified) {
        for (const decision of policy.start(clock.nowUs())) await this.#memberships.carryOut(decision);
      }
      await this.#finished;
      await this.#memberships.leaveAll('complete');
      await this.#checkpoint;
      await this.#checkWhole();
      await store.commit();
    } finally {
      await this.#end('stopped');
    }
  }

  /** Leaves and makes `run` reject with `error`; what has been received is on disk before it does. */
  stop(error: unknown): void {
    this.#fail(error);
  }

  /** Does what the time asks for; its owner calls it a few times a second. */
  tick(nowUs: number): void {
    if (this.#ended || this.#isWhole) return;
    if (nowUs - this.#checkpointedUs >= CHECKPOINT_INTERVAL_US) this.#startCheckpoint(nowUs);
    this.#renewSilent(nowUs);
  }

  #handle(channel: number, batch: ReceivedBatch): void {
    if (this.#ended || this.#isWhole) return;
    this.#reception.handle(channel, batch, this.#options.clock.nowUs());
    const { hasReady, isComplete } = this.#reception.assembler;
    if (hasReady || (isComplete && !this.#tried)) this.#work();
  }

  /** Verifies what is ready, until nothing is; one at a time. */
  #work(): void {
    if (this.#working) return;
    this.#working = true;
    void this.#verifyAll().then(
      () => {
        this.#working = false;
      },
      (error) => this.#fail(error),
    );
  }

  async #verifyAll(): Promise<void> {
    const { assembler } = this.#reception;
    while (!this.#ended && (await this.#verification.step((block, genuine) => this.#judge(block, genuine))));
    if (!assembler.isVerified && !(await this.#isWholeWithoutDigests())) return;
    this.#isWhole = true;
    this.#finish();
  }

  #judge(block: number, genuine: boolean): void {
    const { assembler } = this.#reception;
    const { store, onWarning } = this.#options;
    if (genuine) {
      assembler.accept(block);
      store.acceptBlock(block);
      return;
    }
    assembler.reject(block);
    store.rejectBlock(block);
    this.#tried = false;
    onWarning({ code: 'REJECTED_BLOCK', message: `block ${block} did not have its signed digest; receiving it again` });
  }

  /** All symbols may be there before a digest has been heard: then the object's own digest can tell. */
  async #isWholeWithoutDigests(): Promise<boolean> {
    const { assembler } = this.#reception;
    if (!assembler.isComplete || this.#tried) return false;
    this.#tried = true;
    return this.#hasRightDigest();
  }

  async #hasRightDigest(): Promise<boolean> {
    return Buffer.compare(await this.#verification.objectDigest(), this.#options.descriptor.sha256) === 0;
  }

  async #checkWhole(): Promise<void> {
    if (await this.#hasRightDigest()) return;
    throw new LayercastError(
      'DIGEST_MISMATCH',
      'every block is as signed, but the whole has another SHA-256 than signed',
      {
        hint: 'Sign the object anew: its descriptor contradicts itself',
      },
    );
  }

  #startCheckpoint(nowUs: number): void {
    if (this.#checkpointing) return;
    this.#checkpointing = true;
    this.#checkpointedUs = nowUs;
    this.#checkpoint = this.#options.store.checkpoint().then(
      () => {
        this.#checkpointing = false;
      },
      (error) => this.#fail(error),
    );
  }

  #renewSilent(nowUs: number): void {
    for (const channel of this.#memberships.channels) {
      const { intervalUs } = this.#options.descriptor.channels[channel]!;
      const limitUs = Math.max(RENEW_AFTER_US, RENEW_AFTER_INTERVALS * intervalUs);
      const heardUs = this.#reception.lastHeardOn(channel) ?? this.#startedUs;
      if (nowUs - Math.max(heardUs, this.#renewedUs.get(channel) ?? 0) < limitUs) continue;
      this.#renewedUs.set(channel, nowUs);
      this.#options.onWarning({ code: 'SILENCE', message: `nothing on channel ${channel}; joining it anew` });
      // An interface that is down refuses; the next attempt comes by itself, and patience has an end elsewhere.
      this.#memberships.renew(channel).catch(() => undefined);
    }
  }

  async #end(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#memberships.leaveAll(reason);
    await this.#checkpoint.catch(() => undefined);
  }
}
