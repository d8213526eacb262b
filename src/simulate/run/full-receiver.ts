import type { KeyObject } from 'node:crypto';
import { LayercastError } from '../../base/errors.js';
import { channelLevels } from '../../rate/ladder/step-plan.js';
import type { CompleteEvent, ProgressEvent, ReceiverStats } from '../../receiver/events.js';
import type { Descriptor } from '../../wire/descriptor.js';
import { SimulatedDisk } from '../disk/simulated-disk.js';
import { SimulatedReceiver } from '../host/receiver.js';
import type { Link } from '../net/link.js';
import type { VirtualNetwork } from '../net/network.js';
import type { Content } from '../object/content.js';
import { capacityOf, ReceiverTotals } from './receiver-totals.js';
import type { FullReceiverPlan } from './scenario.js';
import type { ReceiverSample, SimulationEvent } from './simulation-events.js';

export interface FullReceiverOptions {
  readonly plan: FullReceiverPlan;
  readonly descriptor: Descriptor;
  readonly content: Content;
  readonly publicKey: KeyObject;
  readonly address: string;
  /** Links from the root to the receiver. The slowest one limits the rate, and `share` is measured against it. */
  readonly path: readonly Link[];
  readonly timerGrainUs: number;
  /** How often the receiver reports progress. */
  readonly sampleIntervalUs: number;
  readonly emit: (event: SimulationEvent) => void;
}

/** Counters of a receiver at one moment. */
interface Counts {
  readonly arrivedBytes: number;
  readonly datagrams: number;
  readonly lostDatagrams: number;
}

const NO_COUNTS: Counts = { arrivedBytes: 0, datagrams: 0, lostDatagrams: 0 };

/**
 * One receiver of a scenario over all its lives. It starts, sleeps, loses power, starts again with the same disk, and ends.
 */
export class FullReceiver {
  readonly plan: FullReceiverPlan;
  readonly totals = new ReceiverTotals();
  readonly #options: FullReceiverOptions;
  readonly #network: VirtualNetwork;
  readonly #disk: SimulatedDisk;
  readonly #joined = new Set<number>();
  /** The level of each channel. */
  readonly #levels: readonly number[];
  #receiver: SimulatedReceiver | undefined;
  #progress: ProgressEvent | undefined;
  #before = NO_COUNTS;
  #sampledUs = 0;
  /** Whether it starts when it wakes. */
  #isToRise = false;

  constructor(options: FullReceiverOptions, network: VirtualNetwork) {
    const { plan, content } = options;
    this.plan = plan;
    this.#options = options;
    this.#levels = channelLevels(options.descriptor);
    this.#network = network;
    const { clock } = network;
    this.#disk = new SimulatedDisk({ clock, content, bytesPerSecond: plan.diskBytesPerSecond });
    this.totals.startedUs = plan.startUs;
    clock.at(plan.startUs, () => this.#rise());
    for (const { fromUs, toUs } of plan.sleeps) {
      clock.at(fromUs, () => this.#receiver?.host.interfaceDown());
      clock.at(toUs, () => this.#wake());
    }
    for (const { atUs, riseUs } of plan.deaths) {
      clock.at(atUs, () => this.#die());
      if (riseUs !== undefined) clock.at(riseUs, () => this.#rise());
    }
  }

  /** Whether the receiver is complete or has failed. */
  get isOver(): boolean {
    return this.totals.completedUs !== undefined || this.totals.failed;
  }

  /** Adds what happened since the last sample to the totals. Returns undefined while the receiver does not run. */
  sample(nowUs: number): ReceiverSample | undefined {
    const elapsedUs = nowUs - this.#sampledUs;
    this.#sampledUs = nowUs;
    const receiver = this.#receiver;
    if (receiver === undefined || elapsedUs === 0) return undefined;
    const counts = countsOf(receiver);
    const before = this.#before;
    this.#before = counts;
    const arrivedBytes = counts.arrivedBytes - before.arrivedBytes;
    const received = counts.datagrams - before.datagrams;
    const lost = Math.max(0, counts.lostDatagrams - before.lostDatagrams);
    const level = Math.max(0, ...[...this.#joined].map((channel) => this.#levels[channel] ?? 0));
    const capacity = capacityOf(this.#options.path, nowUs - elapsedUs, nowUs);
    this.totals.add(elapsedUs, level, arrivedBytes, received, lost, capacity);
    const bytes = this.#bytesOf(receiver);
    this.totals.progress = bytes / Math.max(1, this.#options.descriptor.sizeBytes);
    const status = this.#progress;
    return {
      event: 'progress',
      atMs: Math.round(nowUs / 1000),
      receiver: this.plan.name,
      bytes,
      totalBytes: this.#options.descriptor.sizeBytes,
      rateBitsPerSecond: Math.round((arrivedBytes * 8e6) / elapsedUs),
      lossRatio: received + lost === 0 ? 0 : lost / (received + lost),
      level,
      levelCount: this.#levels.length,
      levelRateBitsPerSecond: status?.levelRateBitsPerSecond ?? 0,
      queueMs: status?.queueMs ?? null,
      capacityBitsPerSecond: status?.capacityBitsPerSecond ?? null,
    };
  }

  #rise(): void {
    const { plan, address, timerGrainUs, sampleIntervalUs, publicKey, descriptor } = this.#options;
    if (this.isOver || this.#receiver !== undefined) return;
    // A receiver cannot start without its interface.
    this.#isToRise = this.#isAsleep;
    if (this.#isToRise) return;
    const { clockErrorUs, driftPpm, name, below } = plan;
    const host = this.#network.addHost({ name, address, below, wallErrorUs: clockErrorUs, driftPpm, timerGrainUs });
    const { fleet, object } = descriptor;
    const { mode, channels, maxRateBitsPerSecond, caution, patienceUs } = plan;
    const choice = { mode, channels, maxRateBitsPerSecond, caution, patienceUs, progressIntervalUs: sampleIntervalUs };
    const receiver = new SimulatedReceiver({
      host,
      disk: this.#disk,
      publicKey,
      fleet,
      object,
      ...choice,
    });
    this.#receiver = receiver;
    this.#before = NO_COUNTS;
    this.#sampledUs = this.#network.clock.nowUs;
    this.#follow(receiver);
    receiver.done.then(
      (complete) => this.#complete(complete),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Sleeps may overlap, and begin before the receiver has started or while it has no power. */
  get #isAsleep(): boolean {
    const { nowUs } = this.#network.clock;
    return this.plan.sleeps.some(({ fromUs, toUs }) => fromUs <= nowUs && nowUs < toUs);
  }

  #wake(): void {
    if (this.#isAsleep) return;
    this.#receiver?.host.interfaceUp();
    if (this.#isToRise) this.#rise();
  }

  #follow(receiver: SimulatedReceiver): void {
    for (const event of ['join', 'leave'] as const) {
      receiver.on(event, ({ server, channel, group, reason, compared }) => {
        if (event === 'join') this.#joined.add(channel);
        else this.#joined.delete(channel);
        this.#network.log.note(this.#network.clock.nowUs, `${this.plan.name} ${event} ${channel}`);
        this.#tell({ event, ...this.#stamp, server: server ?? null, channel, group, reason, compared });
      });
    }
    receiver.on('progress', (event) => {
      this.#progress = event;
    });
    receiver.on('warning', ({ code, message }) => this.#tell({ event: 'warning', ...this.#stamp, code, message }));
  }

  #die(): void {
    this.#isToRise = false;
    if (this.#receiver === undefined) return;
    this.sample(this.#network.clock.nowUs);
    this.#receiver.die();
    this.#forget();
  }

  #complete({ bytes, overhead }: CompleteEvent): void {
    const { nowUs } = this.#network.clock;
    this.sample(nowUs);
    this.totals.completedUs = nowUs;
    this.totals.progress = 1;
    this.#network.log.note(nowUs, `${this.plan.name} complete`);
    this.#tell({ event: 'complete', ...this.#stamp, elapsedMs: this.#elapsedMs, bytes, overhead });
    this.#forget();
  }

  #fail(error: unknown): void {
    this.sample(this.#network.clock.nowUs);
    this.totals.failed = true;
    const receiver = this.#receiver;
    const bytes = receiver === undefined ? 0 : this.#bytesOf(receiver);
    const code = error instanceof LayercastError ? error.code : 'INTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    this.#tell({ event: 'failure', ...this.#stamp, elapsedMs: this.#elapsedMs, bytes, code, message });
    this.#forget();
  }

  #forget(): void {
    this.#receiver = undefined;
    this.#progress = undefined;
    this.#joined.clear();
  }

  /** Bytes of the object on the disk: from earlier lives, and new since. */
  #bytesOf(receiver: SimulatedReceiver): number {
    const stats = receiver.stats();
    if (stats === undefined) return Math.round(this.totals.progress * this.#options.descriptor.sizeBytes);
    const newBytes = stats.payloadBytes - stats.duplicateBytes - this.#droppedBytes(stats);
    return Math.min(this.#options.descriptor.sizeBytes, stats.resumedBytes + newBytes);
  }

  #droppedBytes({ droppedDatagrams }: ReceiverStats): number {
    return droppedDatagrams * this.#options.descriptor.symbolBytes;
  }

  get #stamp(): { readonly atMs: number; readonly receiver: string } {
    return { atMs: Math.round(this.#network.clock.nowUs / 1000), receiver: this.plan.name };
  }

  get #elapsedMs(): number {
    return Math.round((this.#network.clock.nowUs - this.plan.startUs) / 1000);
  }

  #tell(event: SimulationEvent): void {
    this.#options.emit(event);
  }
}

function countsOf(receiver: SimulatedReceiver): Counts {
  const { datagrams = 0, lostDatagrams = 0 } = receiver.stats() ?? {};
  return { arrivedBytes: receiver.host.down.counts.carriedBytes, datagrams, lostDatagrams };
}
