import { blockLength, blockOffset, symbolLength } from '../object/geometry.js';
import type { PolicyStatus } from '../rate/policy.js';
import type { Descriptor, ServerDescription } from '../wire/descriptor.js';
import type { ObjectStore } from './assemble/object-store.js';
import type { FaultCounters } from './counters.js';
import type { ProgressEvent, ReceiverStats } from './events.js';
import type { Hearing } from './hearing.js';
import type { Reception } from './reception.js';
import { type DatagramCounts, plus, type SymbolCounts, type Tally } from './tally.js';

/** Rates are averages over this many progress reports: five seconds, long enough not to flicker. */
const WINDOW = 5;
/** Cells of the map of an object. */
const MAP_CELLS = 64;

interface Sample {
  readonly atUs: number;
  readonly packetBytes: number;
  readonly newBytes: number;
  readonly receivedCount: number;
  readonly lostCount: number;
}

/** Turns the counters of a reception into progress reports and final counts. */
export class ProgressMeter {
  readonly #descriptor: Descriptor;
  #servers: readonly ServerDescription[];
  readonly #reception: Reception;
  readonly #resumedBytes: number;
  readonly #tally: Tally;
  readonly #samples: Sample[] = [];
  /** Counts of hearings that ended while this reception went on: losses are counted over the whole reception. */
  #ended: DatagramCounts = { datagrams: 0, lostDatagrams: 0 };
  #isOver = false;

  /** @param tally counts of the run before this reception. @param nowUs when the reception begins: the first report has rates, too */
  constructor(descriptor: Descriptor, reception: Reception, resumedBytes: number, tally: Tally, nowUs: number) {
    this.#descriptor = descriptor;
    this.#servers = descriptor.servers;
    this.#reception = reception;
    this.#resumedBytes = resumedBytes;
    this.#tally = tally;
    this.#samples.push(this.#sample(nowUs));
  }

  nameServers(servers: readonly ServerDescription[]): void {
    this.#servers = servers;
  }

  /** Ends all hearings, since the object is sent in another way from now on: sequences begin anew, counts go on. */
  endHearings(): void {
    this.#tally.addHearings(this.#hearings(), (index) => this.#serverName(index));
    this.#ended = plus(this.#ended, countsOf(this.#hearings()));
    this.#reception.hearings.forget();
  }

  /** Ends the reception and adds its counts to those of the run. */
  end(): void {
    if (this.#isOver) return;
    this.endHearings();
    this.#tally.addSymbols(this.#symbols());
    this.#isOver = true;
  }

  /**
   * @param joined indexes of the channels that are joined now.
   * @param levels the level of each channel.
   * @param status what the policy thinks of the joined channels.
   */
  report(nowUs: number, joined: readonly number[], levels: readonly number[], status: PolicyStatus): ProgressEvent {
    const { assembler } = this.#reception;
    const now = this.#sample(nowUs);
    const then = this.#samples[0]!;
    this.#samples.push(now);
    if (this.#samples.length > WINDOW) this.#samples.shift();
    const seconds = (now.atUs - then.atUs) / 1e6;
    const bytes = presentBytes(assembler);
    const bytesPerSecond = seconds > 0 ? (now.newBytes - then.newBytes) / seconds : 0;
    const lost = now.lostCount - then.lostCount;
    const expected = lost + now.receivedCount - then.receivedCount;
    return {
      bytes,
      totalBytes: this.#descriptor.sizeBytes,
      verifiedBytes: this.#verifiedBytes(),
      rateBitsPerSecond: seconds > 0 ? Math.round(((now.packetBytes - then.packetBytes) * 8) / seconds) : 0,
      etaMs: bytesPerSecond > 0 ? Math.ceil(((this.#descriptor.sizeBytes - bytes) / bytesPerSecond) * 1000) : undefined,
      lossRatio: expected > 0 ? Math.max(0, lost / expected) : 0,
      level: Math.max(0, ...joined.map((channel) => levels[channel] ?? 0)),
      levelCount: levels.length,
      levelRateBitsPerSecond: Math.round(status.levelRateBitsPerSecond),
      queueMs: Math.round(status.queueUs / 1000),
      capacityBitsPerSecond: roundIfKnown(status.capacityBitsPerSecond),
      servers: [...new Set(this.#hearings().map(({ serverIndex }) => this.#serverName(serverIndex)))],
      channels: joined,
      map: assembler.holdings.filled.fill(MAP_CELLS).map((share) => Math.round(share * 1000) / 1000),
    };
  }

  /** Counts of the whole run so far; `overhead` and `resumedBytes` of this reception only. */
  stats(faults: FaultCounters): ReceiverStats {
    const { assembler, intake } = this.#reception;
    const { symbolCount: neededCount, symbolBytes } = assembler.geometry;
    const resumedCount = Math.ceil(this.#resumedBytes / symbolBytes);
    const nameOf = (index: number) => this.#serverName(index);
    const run = this.#isOver ? this.#tally : this.#tally.with(this.#symbols(), this.#hearings(), nameOf);
    return {
      ...statsOf(run, faults),
      overhead: neededCount === 0 ? 0 : round((intake.symbolCount + resumedCount) / neededCount - 1, 6),
      resumedBytes: this.#resumedBytes,
      seedBytes: 0,
      deltaBytes: 0,
      filledBytes: 0,
      wrongFilledBytes: 0,
    };
  }

  #symbols(): SymbolCounts {
    const { assembler, intake } = this.#reception;
    const { payloadBytes, duplicateBytes, droppedCount } = intake;
    return { payloadBytes, duplicateBytes, droppedCount, rejectedBlockCount: assembler.rejectedBlockCount };
  }

  #verifiedBytes(): number {
    const { geometry, verifiedBlocks } = this.#reception.assembler;
    let bytes = 0;
    for (const [first, count] of verifiedBlocks.runs()) {
      const last = first + count - 1;
      bytes += blockOffset(geometry, last) + blockLength(geometry, last) - blockOffset(geometry, first);
    }
    return bytes;
  }

  #hearings(): readonly Hearing[] {
    return [...this.#reception.hearings];
  }

  #sample(atUs: number): Sample {
    const { packetBytes, intake } = this.#reception;
    const { datagrams, lostDatagrams } = plus(this.#ended, countsOf(this.#hearings()));
    return { atUs, packetBytes, newBytes: intake.newBytes, receivedCount: datagrams, lostCount: lostDatagrams };
  }

  #serverName(serverIndex: number): string {
    return this.#servers.find(({ index }) => index === serverIndex)?.name ?? String(serverIndex);
  }
}

/** What is counted over a whole run, whatever was received. */
type RunStats = Omit<
  ReceiverStats,
  'overhead' | 'resumedBytes' | 'seedBytes' | 'deltaBytes' | 'filledBytes' | 'wrongFilledBytes'
>;

/** The counts of a run as programs read them, without the fields that are counted for one version alone. */
export function statsOf(run: Tally, faults: FaultCounters): RunStats {
  const { payloadBytes, duplicateBytes, droppedCount, rejectedBlockCount } = run.symbols;
  const servers = [...run.servers].map(([server, counts]) => ({ server, ...counts }));
  return {
    datagrams: servers.reduce((sum, { datagrams }) => sum + datagrams, 0),
    payloadBytes,
    duplicateBytes,
    lostDatagrams: servers.reduce((sum, { lostDatagrams }) => sum + lostDatagrams, 0),
    invalidDatagrams: faults.total,
    invalid: faults.byReason(),
    droppedDatagrams: droppedCount,
    rejectedBlocks: rejectedBlockCount,
    servers,
    channels: [...run.channels].sort(([a], [b]) => a - b).map(([channel, counts]) => ({ channel, ...counts })),
  };
}

/** Bytes of the object that its filled places hold; the last symbol may be short. */
export function presentBytes({ holdings: { geometry, filled } }: Pick<ObjectStore, 'holdings'>): number {
  const last = geometry.symbolCount - 1;
  const shortfall = last >= 0 && filled.has(last) ? geometry.symbolBytes - symbolLength(geometry, last) : 0;
  return filled.count * geometry.symbolBytes - shortfall;
}

function countsOf(hearings: readonly Hearing[]): DatagramCounts {
  return {
    datagrams: hearings.reduce((sum, { receivedCount }) => sum + receivedCount, 0),
    lostDatagrams: hearings.reduce((sum, { lostCount }) => sum + lostCount, 0),
  };
}

/** A rounded capacity. A train whose datagrams arrived all at once gives an infinite capacity, which counts as not measured. */
function roundIfKnown(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : Math.round(value);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
