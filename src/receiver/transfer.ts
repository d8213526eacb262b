import type { Clock, Network, ReceivedBatch } from '../base/ports.js';
import type { ChannelPolicy } from '../rate/policy.js';
import type { Descriptor } from '../wire/descriptor.js';
import { keyIdOf } from '../wire/public-key.js';
import type { Assembler } from './assemble/assembler.js';
import type { ObjectStore } from './assemble/object-store.js';
import { Checkpoints } from './checkpoints.js';
import type { FaultCounters } from './counters.js';
import type { FillEvent, MembershipEvent, ProgressEvent, ReceiverStats, WarningEvent } from './events.js';
import { Filling, type FillOptions } from './filling/filling.js';
import { Steering } from './join/steering.js';
import { ProgressMeter, presentBytes } from './progress.js';
import { Proving } from './proving.js';
import { type DescriptorHandler, Reception } from './reception.js';
import { renewalOf } from './renewal.js';
import type { Tally } from './tally.js';
import { forged, serverLeft } from './warnings.js';

export interface TransferOptions {
  readonly descriptor: Descriptor;
  readonly store: ObjectStore;
  readonly policyOf: (descriptor: Descriptor) => ChannelPolicy;
  readonly interface: string | undefined;
  readonly faults: FaultCounters;
  /** Counts of the run so far. This transfer adds its own counts when it ends. */
  readonly tally: Tally;
  readonly clock: Clock;
  readonly network: Network;
  readonly onDescriptor: DescriptorHandler;
  readonly onJoin: (event: MembershipEvent) => void;
  readonly onLeave: (event: MembershipEvent) => void;
  readonly onWarning: (event: WarningEvent) => void;
  /** What fills blocks that multicast does not bring; undefined: nothing. */
  readonly fill?: FillOptions | undefined;
  readonly onFill?: (event: FillEvent) => void;
}

/** Receives one version of one object into its store: joins channels, verifies blocks, writes checkpoints, leaves channels. */
export class Transfer {
  readonly resumedBytes: number;
  readonly #options: TransferOptions;
  readonly #reception: Reception;
  #descriptor: Descriptor;
  #steering: Steering;
  readonly #proving: Proving;
  readonly #meter: ProgressMeter;
  readonly #finished: Promise<void>;
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  #ended = false;
  readonly #filling: Filling | undefined;
  readonly #checkpoints: Checkpoints;

  constructor(options: TransferOptions) {
    const { descriptor, store, faults, onDescriptor, clock, onWarning } = options;
    this.#options = options;
    this.#reception = new Reception(descriptor, store, faults, onDescriptor, (isOn) => onWarning(forged(isOn)));
    const { assembler } = this.#reception;
    this.resumedBytes = presentBytes(assembler);
    this.#meter = new ProgressMeter(descriptor, this.#reception, this.resumedBytes, options.tally, clock.nowUs());
    this.#descriptor = descriptor;
    this.#steering = this.#steer(descriptor);
    this.#checkpoints = new Checkpoints(store, clock, (error) => this.#fail(error));
    this.#finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.#proving = new Proving({
      descriptor,
      assembler,
      store,
      onNeed: () => this.#listen(),
      onRejected: ({ hadUnproven }) => {
        this.#checkpoints.demand();
        if (hadUnproven) this.#reception.noteForgery(clock.nowUs());
      },
      onLeft: () => this.#leaveServers(),
      onWarning,
      onWhole: () => this.#finish(),
      onError: (error) => this.#fail(error),
    });
    this.#filling = this.#newFilling(assembler);
    // The promise may reject while `run` still joins and nothing awaits it. Node would take that for a fault of the program.
    this.#finished.catch(() => undefined);
  }

  /** Whether something may still fill what multicast does not bring. */
  get canFill(): boolean {
    return this.#filling?.canFill ?? false;
  }

  /** Whether everything that is needed of servers is here, unless a block turns out wrong. */
  get hasEnough(): boolean {
    return this.#reception.assembler.hasEnough || this.#proving.hasWholeObject;
  }

  /** Bytes that were brought by unicast, and those of them that were wrong. */
  get filled(): Pick<ReceiverStats, 'filledBytes' | 'wrongFilledBytes'> {
    return { filledBytes: this.#filling?.filledBytes ?? 0, wrongFilledBytes: this.#filling?.wrongBytes ?? 0 };
  }

  /** The joined channels, and when they were last heard. */
  get steering(): Pick<Steering, 'channels' | 'lastHeardUs' | 'refusal' | 'slowestIntervalUs'> {
    return this.#steering;
  }

  /** How much of the object the receiver has. */
  get kept(): { readonly bytes: number; readonly totalBytes: number } {
    return { bytes: presentBytes(this.#reception.assembler), totalBytes: this.#descriptor.sizeBytes };
  }

  /** Takes a newer descriptor of the same object in the same geometry. All symbols that have been received stay. */
  renew(descriptor: Descriptor): void {
    const isSentOtherwise = renewalOf(this.#descriptor, descriptor) === 'sending';
    this.#descriptor = descriptor;
    this.#reception.nameServers(descriptor.servers);
    if (!isSentOtherwise || this.#ended || this.#proving.isWhole) {
      this.#meter.nameServers(descriptor.servers);
      return;
    }
    this.#joinAnew('the object is sent in another way');
  }

  progress(): ProgressEvent {
    const { channels, channelLevels, status } = this.#steering;
    return this.#meter.report(this.#options.clock.nowUs(), channels, channelLevels, status);
  }

  stats(): ReceiverStats {
    return this.#meter.stats(this.#options.faults);
  }

  /**
   * Resolves when the object is whole and verified and the file has its name. Rejects with the error that stops the transfer;
   * progress is kept.
   * @throws {LayercastError} `NETWORK_UNAVAILABLE`, `DISK_FULL`, `FILE_IO`, …
   */
  async run(): Promise<void> {
    const { store } = this.#options;
    try {
      // If every symbol is in its place, the object is hashed before anything is joined.
      const isComplete = this.#proving.hasWholeObject;
      this.#proving.work();
      if (!this.#reception.assembler.isVerified && !isComplete) this.#listen();
      await this.#finished;
      await this.#steering.stop('complete');
      await this.#checkpoints.settled();
      await store.commit();
    } finally {
      await this.#end('stopped');
    }
  }

  /** Leaves all channels and makes `run` reject with `error`. A checkpoint that is under way ends first. */
  stop(error: unknown): void {
    this.#fail(error);
  }

  /**
   * Does everything that is due; the owner calls `tick` every 50 ms.
   * @param latenessUs how much later than 50 ms after the last call this call comes.
   */
  tick(nowUs: number, latenessUs: number): void {
    if (this.#ended || this.#proving.isWhole) return;
    this.#reception.tick(nowUs);
    this.#goOn();
    this.#steering.tick(nowUs, latenessUs);
    this.#filling?.tick(nowUs);
    this.#checkpoints.look(nowUs);
  }

  #newFilling(assembler: Assembler): Filling | undefined {
    const { fill, store, clock, onWarning, onFill = () => undefined } = this.#options;
    if (fill === undefined || store.putBlock === undefined) return undefined;
    return new Filling({
      ...fill,
      assembler,
      store,
      clock,
      onBlock: (block) => {
        this.#checkpoints.begin(clock.nowUs());
        this.#proving.takeProven(block);
      },
      onFill,
      onWarning,
      onError: (error) => this.#fail(error),
    });
  }

  #joinAnew(reason: string): void {
    const { isOn } = this.#steering;
    const left = this.#steering.stop(reason);
    this.#meter.endHearings();
    this.#meter.nameServers(this.#descriptor.servers);
    this.#steering = this.#steer(this.#descriptor, left);
    if (isOn) this.#listen();
  }

  /** Tells of servers that signed wrong symbols, and joins the others alone where servers are joined one by one. */
  #leaveServers(): void {
    const { leftServers } = this.#reception;
    for (const { index, name, publicKey } of this.#descriptor.servers) {
      if (leftServers.has(index) && publicKey !== undefined)
        this.#options.onWarning(serverLeft(name, keyIdOf(publicKey)));
    }
    if (this.#descriptor.ssm && !this.#ended) this.#joinAnew('a server signed wrong data');
  }

  #steer(named: Descriptor, before?: Promise<void>): Steering {
    const servers = named.servers.filter(({ index }) => !this.#reception.leftServers.has(index));
    // If all have lied, there is nobody else to listen to.
    const descriptor = servers.length === 0 ? named : { ...named, servers };
    const steering: Steering = new Steering(
      {
        ...this.#options,
        descriptor,
        policy: this.#options.policyOf(descriptor),
        reception: this.#reception,
        onBatch: (channel, batch) => {
          // Channels that are being left may still deliver datagrams. Their sequences do not belong to the new channels.
          if (this.#steering === steering) this.#handle(channel, batch);
        },
      },
      before,
    );
    return steering;
  }

  #handle(channel: number, batch: ReceivedBatch): void {
    if (this.#ended || this.#proving.isWhole) return;
    const nowUs = this.#options.clock.nowUs();
    this.#reception.handle(channel, batch);
    this.#checkpoints.begin(nowUs);
    this.#checkpoints.look(nowUs);
    this.#goOn();
  }

  /** Does what symbols that were taken have made possible. */
  #goOn(): void {
    if (this.#proving.hasWork) this.#proving.work();
    // Symbols that arrived while the last blocks are being solved would be useless.
    if (this.#reception.assembler.hasEnough && this.#steering.isOn) void this.#steering.stop('enough symbols received');
  }

  #listen(): void {
    if (!this.#ended) this.#steering.start(this.#options.clock.nowUs());
  }

  async #end(reason: string): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#filling?.end();
    const proved = this.#proving.end();
    await this.#steering.stop(reason);
    await proved;
    await this.#checkpoints.settled();
    this.#meter.end();
  }
}
