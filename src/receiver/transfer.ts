import type { Clock, Network, ReceivedBatch } from '../base/ports.js';
import { channelLevels } from '../rate/channel-levels.js';
import type { ChannelPolicy } from '../rate/policy.js';
import { type Descriptor, NO_CODE } from '../wire/descriptor.js';
import type { ObjectStore } from './assemble/object-store.js';
import { type BlockSolver, Restoration } from './assemble/restoration.js';
import { type Outcome, Verification } from './assemble/verification.js';
import { CheckpointTiming } from './checkpoint-timing.js';
import type { FaultCounters } from './counters.js';
import type { MembershipEvent, ProgressEvent, ReceiverStats, WarningEvent } from './events.js';
import { Steering } from './join/steering.js';
import { ProgressMeter, presentBytes } from './progress.js';
import { type DescriptorHandler, Reception } from './reception.js';
import { renewalOf } from './renewal.js';
import type { Tally } from './tally.js';

/** Blocks longer than this are solved one at a time: each needs its own length in memory, and tables of some 40 MB. */
const MAX_SHARED_BLOCK_BYTES = 12e6;

export interface TransferOptions {
  readonly descriptor: Descriptor;
  readonly store: ObjectStore;
  readonly policyOf: (descriptor: Descriptor) => ChannelPolicy;
  readonly interface: string | undefined;
  readonly faults: FaultCounters;
  /** Counts of the run so far; this transfer adds its own at its end. */
  readonly tally: Tally;
  readonly clock: Clock;
  readonly network: Network;
  readonly solver: BlockSolver;
  readonly onDescriptor: DescriptorHandler;
  readonly onJoin: (event: MembershipEvent) => void;
  readonly onLeave: (event: MembershipEvent) => void;
  readonly onWarning: (event: WarningEvent) => void;
}

/** Receives one version of one object into its store: joins, verifies, checkpoints, leaves. */
export class Transfer {
  readonly resumedBytes: number;
  readonly #options: TransferOptions;
  readonly #reception: Reception;
  #descriptor: Descriptor;
  #steering: Steering;
  readonly #verification: Verification;
  readonly #meter: ProgressMeter;
  readonly #finished: Promise<void>;
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  #ended = false;
  /** Nothing that comes after the object is known to be whole may disturb its last check and its naming. */
  #isWhole = false;
  #trustsEarlierRun: boolean;
  readonly #workers = new Set<Promise<void>>();
  readonly #concurrency: number;
  readonly #isCoded: boolean;
  #checkpoint: Promise<void> = Promise.resolve();
  readonly #checkpoints: CheckpointTiming;
  /** Symbols present when the whole object was last hashed for want of block digests. */
  #tried = false;

  constructor(options: TransferOptions) {
    const { descriptor, store, faults, onDescriptor, clock, solver } = options;
    const isCoded = descriptor.fecEncodingId !== NO_CODE;
    this.#options = options;
    this.#reception = new Reception(descriptor, store, faults, onDescriptor);
    this.resumedBytes = presentBytes(this.#reception.assembler);
    const { geometry } = this.#reception.assembler;
    const blockBytes = geometry.longBlockSymbolCount * geometry.symbolBytes;
    this.#concurrency = isCoded && blockBytes <= MAX_SHARED_BLOCK_BYTES ? solver.workerCount : 1;
    const restoration = isCoded ? new Restoration(geometry, store, solver, this.#concurrency) : undefined;
    this.#verification = new Verification(this.#reception.assembler, store, restoration);
    // Places of coded blocks hold anything: there is no whole before it is solved.
    this.#isCoded = isCoded;
    this.#tried = isCoded;
    this.#meter = new ProgressMeter(descriptor, this.#reception, this.resumedBytes, options.tally);
    this.#descriptor = descriptor;
    this.#steering = this.#steer(descriptor);
    this.#trustsEarlierRun = store.verifiedBlocks.count > 0;
    this.#checkpoints = new CheckpointTiming(clock.nowUs());
    this.#finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    // It may fail while `run` still joins and nobody waits for it yet, which Node would take for a fault of the program.
    this.#finished.catch(() => undefined);
  }

  /** How the object is being received: what is joined, what is heard. */
  get steering(): Pick<Steering, 'channels' | 'lastHeardUs' | 'refusal' | 'slowestIntervalUs'> {
    return this.#steering;
  }

  /** How much of the object is there. */
  get kept(): { readonly bytes: number; readonly totalBytes: number } {
    return { bytes: presentBytes(this.#reception.assembler), totalBytes: this.#descriptor.sizeBytes };
  }

  /** The fleet describes the same object, in the same geometry, anew. What has been received stays. */
  renew(descriptor: Descriptor): void {
    const isSentOtherwise = renewalOf(this.#descriptor, descriptor) === 'sending';
    this.#descriptor = descriptor;
    if (!isSentOtherwise || this.#ended || this.#isWhole) {
      this.#meter.nameServers(descriptor.servers);
      return;
    }
    const { isOn } = this.#steering;
    const left = this.#steering.stop('the object is sent in another way');
    this.#meter.endHearings();
    this.#meter.nameServers(descriptor.servers);
    this.#steering = this.#steer(descriptor, left);
    if (isOn) this.#listen();
  }

  progress(): ProgressEvent {
    const { channels, status } = this.#steering;
    return this.#meter.report(this.#options.clock.nowUs(), channels, channelLevels(this.#descriptor), status);
  }

  stats(): ReceiverStats {
    return this.#meter.stats(this.#options.faults);
  }

  /**
   * Resolves when the object is whole, verified and in its place. Rejects with what stops it, progress kept.
   * @throws {LayercastError} `NETWORK_UNAVAILABLE`, `DISK_FULL`, `FILE_IO`, …
   */
  async run(): Promise<void> {
    const { store } = this.#options;
    try {
      this.#work();
      if (!this.#reception.assembler.isVerified) this.#listen();
      await this.#finished;
      await this.#steering.stop('complete');
      await this.#checkpoint;
      await store.commit();
    } finally {
      await this.#end('stopped');
    }
  }

  /** Leaves and makes `run` reject with `error`; what has been received is on disk before it does. */
  stop(error: unknown): void {
    this.#fail(error);
  }

  /**
   * Does what the time asks for; its owner calls it every 50 ms.
   * @param latenessUs how much later than that.
   */
  tick(nowUs: number, latenessUs: number): void {
    if (this.#ended || this.#isWhole) return;
    this.#steering.tick(nowUs, latenessUs);
    if (this.#checkpoints.isDue(nowUs)) this.#startCheckpoint(nowUs);
  }

  #steer(descriptor: Descriptor, before?: Promise<void>): Steering {
    const steering: Steering = new Steering(
      {
        ...this.#options,
        descriptor,
        policy: this.#options.policyOf(descriptor),
        reception: this.#reception,
        onBatch: (channel, batch) => {
          // What still comes of channels that are being left has sequences of its own.
          if (this.#steering === steering) this.#handle(channel, batch);
        },
      },
      before,
    );
    return steering;
  }

  #handle(channel: number, batch: ReceivedBatch): void {
    if (this.#ended || this.#isWhole) return;
    const nowUs = this.#options.clock.nowUs();
    this.#reception.handle(channel, batch);
    this.#checkpoints.begin(nowUs);
    if (this.#checkpoints.isDue(nowUs)) this.#startCheckpoint(nowUs);
    const { hasReady, isComplete, hasEnough } = this.#reception.assembler;
    if (hasReady || (isComplete && !this.#tried)) this.#work();
    // What comes while the last blocks are being solved would be received in vain.
    if (hasEnough && this.#steering.isOn) void this.#steering.stop('has what it needs');
  }

  /** Proves what is ready, until nothing is; as many blocks at once as fit. */
  #work(): void {
    do {
      if (this.#ended || this.#workers.size >= this.#concurrency) return;
      const worker = this.#proveAll()
        .catch((error: unknown) => this.#fail(error))
        .then(() => {
          this.#workers.delete(worker);
          if (this.#reception.assembler.hasReady) this.#work();
        });
      this.#workers.add(worker);
    } while (this.#reception.assembler.hasReady);
  }

  async #proveAll(): Promise<void> {
    const { assembler } = this.#reception;
    while (!this.#ended && (await this.#verification.step((block, outcome) => this.#judge(block, outcome))));
    // Whoever ends last sees what all have done.
    if (this.#workers.size > 1) return;
    if (!(assembler.isVerified ? await this.#isStillRight() : await this.#isWholeWithoutDigests())) return;
    this.#isWhole = true;
    this.#finish();
  }

  #listen(): void {
    if (!this.#ended) this.#steering.start(this.#options.clock.nowUs());
  }

  #judge(block: number, outcome: Outcome): void {
    const { assembler } = this.#reception;
    const { store, onWarning } = this.#options;
    if (outcome !== 'genuine') this.#listen();
    if (outcome === 'unsolved' && assembler.postpone(block)) return;
    if (outcome === 'genuine') {
      assembler.accept(block);
      store.acceptBlock(block);
      return;
    }
    for (const { first, count } of assembler.reject(block)) store.rejectPlaces(first, count);
    // Their places can be filled again only when the journal has let go of them.
    this.#checkpoints.demand();
    this.#tried = this.#isCoded;
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

  /** Blocks that an earlier run verified have not been looked at since: the disk, or its owner, may have changed them. */
  async #isStillRight(): Promise<boolean> {
    if (!this.#trustsEarlierRun || (await this.#hasRightDigest())) return true;
    this.#trustsEarlierRun = false;
    this.#options.onWarning({
      code: 'REJECTED_BLOCK',
      message: 'what an earlier run left has changed; looking for where',
    });
    this.#reception.assembler.doubt();
    this.#listen();
    return false;
  }

  #startCheckpoint(nowUs: number): void {
    this.#checkpoints.start(nowUs);
    this.#checkpoint = this.#options.store.checkpoint().then(
      () => this.#checkpoints.end(this.#options.clock.nowUs()),
      (error) => this.#fail(error),
    );
  }

  async #end(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#steering.stop(reason);
    await Promise.all(this.#workers);
    await this.#checkpoint.catch(() => undefined);
    this.#meter.end();
  }
}
