import { DIGEST_BYTES } from '../base/limits.js';
import type { Clock } from '../base/ports.js';
import { type Geometry, geometryOf } from '../object/geometry.js';
import { MerkleTree, RUN_LEAVES } from '../object/merkle.js';
import { rateOf } from '../rate/ladder/ladder.js';
import { type Ladder, StepPlan } from '../rate/ladder/step-plan.js';
import { type Descriptor, NO_CODE, objectTag } from '../wire/descriptor.js';
import { digestDatagram } from '../wire/digests.js';
import { recordDatagrams } from '../wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL, type Header, newHeader } from '../wire/header.js';
import type { ServerKey } from '../wire/server-keys.js';
import { SenderChannel } from './channel.js';
import { RunSigner } from './run-signer.js';
import { Carousel } from './schedule/carousel.js';
import { type Arc, planRing, RUN_SYMBOLS } from './schedule/ring.js';
import { nextRepairEsi, type RepairRange, repairRangeOf } from './schedule/stretches.js';
import { ArcOrder, arcPosition, FileOrder, type SymbolOrder } from './schedule/symbol-order.js';

/** One version of an object as one server sends it: everything that the channels share. */
export class Publication {
  readonly geometry: Geometry;
  readonly #plan: StepPlan;
  readonly #serverIndex: number;
  readonly #object: Header;
  readonly #digests: readonly Uint8Array[];
  readonly #carousels: Carousel[] = [];
  readonly #runKey: ServerKey | undefined;
  #descriptor: Descriptor;
  #announcement: readonly Uint8Array[];

  /**
   * @param record the descriptor, signed.
   * @param blockDigests SHA-256 of each block, back to back.
   * @param runKey the server's private key, whose public half the descriptor has: runs are signed with it; undefined: they are not signed
   */
  constructor(
    descriptor: Descriptor,
    record: Uint8Array,
    blockDigests: Uint8Array,
    serverIndex: number,
    runKey?: ServerKey,
  ) {
    this.#runKey = runKey;
    this.#descriptor = descriptor;
    this.geometry = geometryOf(descriptor.sizeBytes, descriptor.symbolBytes, descriptor.blockCount);
    this.#plan = new StepPlan(ladderOf(descriptor));
    this.#serverIndex = serverIndex;
    const tag = Buffer.from(objectTag(descriptor));
    this.#object = {
      ...newHeader(),
      serverIndex,
      fecEncodingId: descriptor.fecEncodingId,
      tagHigh: tag.readUInt32BE(0),
      tagLow: tag.readUInt32BE(4),
      sizeBytes: descriptor.sizeBytes,
      symbolBytes: descriptor.symbolBytes,
      blockCount: descriptor.blockCount,
    };
    this.#announcement = recordDatagrams(record, serverIndex, ANNOUNCEMENT_CHANNEL);
    this.#digests = digestDatagrams(this.#object, blockDigests);
  }

  get descriptor(): Descriptor {
    return this.#descriptor;
  }

  /** Pieces of the signed descriptor, for announcement channels. */
  get announcement(): readonly Uint8Array[] {
    return this.#announcement;
  }

  /**
   * Sends another record of the same content on the same channels from now on. The record was signed at another time or with
   * another key. The channels continue without a gap.
   *
   * @param descriptor differs from the previous descriptor only in its dates and its announce interval
   */
  renew(descriptor: Descriptor, record: Uint8Array): void {
    this.#descriptor = descriptor;
    this.#announcement = recordDatagrams(record, this.#serverIndex, ANNOUNCEMENT_CHANNEL);
    for (const carousel of this.#carousels) carousel.renew([...this.#announcement, ...this.#digests]);
  }

  /**
   * Makes one of its channels, which sends at the channel's rate with the marks of the ladder from now on; undefined for an empty
   * object.
   *
   * @param firstSequence random, from 0 to 2^32 − 1.
   * @param burstUs as in `SenderChannelOptions`
   */
  channel(channelIndex: number, clock: Clock, firstSequence: number, burstUs?: number): SenderChannel | undefined {
    const carousel = this.carousel(channelIndex, clock.wallUs());
    if (carousel === undefined) return undefined;
    const { intervalUs } = this.descriptor.channels[channelIndex]!;
    const part = { plan: this.#plan, channel: channelIndex, serverIndex: this.#serverIndex };
    return new SenderChannel(carousel, intervalUs, clock.nowUs(), firstSequence, {
      part,
      burstUs,
      timerLatenessUs: clock.timerLatenessUs,
      signer: this.#runKey === undefined ? undefined : new RunSigner(this.#runKey),
    });
  }

  /**
   * Makes the carousel of one of its channels, beginning at `wallUs`; undefined for an empty object, which needs nothing but its
   * descriptor.
   */
  carousel(channelIndex: number, wallUs: number): Carousel | undefined {
    if (this.descriptor.sizeBytes === 0) return undefined;
    const carousel = new Carousel({
      order: this.#orderOf(channelIndex, wallUs),
      object: this.#object,
      serverIndex: this.#serverIndex,
      channelIndex,
      symbolCount: this.geometry.symbolCount,
      records: [...this.#announcement, ...this.#digests],
      signedFromS: this.#runKey === undefined ? undefined : Math.floor(wallUs / 1e6),
    });
    this.#carousels.push(carousel);
    return carousel;
  }

  /** The repair symbols of one of its channels; undefined for an object that is empty or has no code. */
  repairsOf(channelIndex: number): ChannelRepairs | undefined {
    const { descriptor, geometry } = this;
    if (descriptor.sizeBytes === 0 || descriptor.fecEncodingId === NO_CODE) return undefined;
    const { blockCount, longBlockSymbolCount } = geometry;
    const arc = arcOf(descriptor, geometry, this.#serverIndex, channelIndex);
    const { intervalUs } = descriptor.channels[channelIndex]!;
    return {
      range: repairRangeOf(arc, longBlockSymbolCount),
      hasSources: arc.firstEsi < longBlockSymbolCount,
      repairIntervalUs: arc.stretchSymbolCount === undefined ? intervalUs : 2 * intervalUs,
      nextEsi: (wallUs) => {
        const position = this.#positionOf(arc, channelIndex, wallUs);
        const runCount = Math.floor(position / (RUN_SYMBOLS * blockCount));
        return nextRepairEsi(arc, runCount * RUN_SYMBOLS, longBlockSymbolCount);
      },
    };
  }

  #orderOf(channelIndex: number, wallUs: number): SymbolOrder {
    const { descriptor, geometry } = this;
    if (descriptor.fecEncodingId === NO_CODE) {
      return new FileOrder(geometry, Math.floor((this.#startRatio(channelIndex) % 1) * geometry.symbolCount));
    }
    const arc = arcOf(descriptor, geometry, this.#serverIndex, channelIndex);
    return new ArcOrder(geometry, arc, this.#positionOf(arc, channelIndex, wallUs));
  }

  #positionOf(arc: Arc, channelIndex: number, wallUs: number): number {
    const { intervalUs } = this.descriptor.channels[channelIndex]!;
    return arcPosition(arc, this.geometry, this.#startRatio(channelIndex), intervalUs, wallUs);
  }

  #startRatio(channelIndex: number): number {
    const { channels, servers } = this.descriptor;
    const server = servers.find(({ index }) => index === this.#serverIndex);
    return channels[channelIndex]!.startRatio + (server?.startRatio ?? 0);
  }
}

/** The repair symbols that one channel of one server sends of every block. */
export interface ChannelRepairs {
  readonly range: RepairRange;
  /** Whether the channel sends the source symbols, too. */
  readonly hasSources: boolean;
  /** Time from repair symbol to repair symbol, on average, in µs. */
  readonly repairIntervalUs: number;
  /** The repair symbol that a channel sends at `wallUs` or next after that, if it goes on the air then. */
  readonly nextEsi: (wallUs: number) => number;
}

/** The ESIs that a server sends on a channel, computed from the descriptor alone. */
function arcOf(descriptor: Descriptor, geometry: Geometry, serverIndex: number, channelIndex: number): Arc {
  const serverCount = 1 + Math.max(...descriptor.servers.map(({ index }) => index));
  const ring = planRing({
    blockSymbolCount: geometry.longBlockSymbolCount,
    ...ladderOf(descriptor),
    serverCount,
  });
  return ring[serverIndex]![channelIndex]!;
}

function ladderOf({ channels, mode, symbolBytes }: Descriptor): Ladder {
  return { rates: channels.map(({ intervalUs }) => rateOf(intervalUs, symbolBytes)), mode, symbolBytes };
}

/** Datagrams with the digests of all blocks. A single block needs none: its digest is the object's, which is in the descriptor. */
function digestDatagrams(object: Readonly<Header>, blockDigests: Uint8Array): readonly Uint8Array[] {
  if (object.blockCount <= 1) return [];
  const tree = new MerkleTree(blockDigests);
  const runBytes = RUN_LEAVES * DIGEST_BYTES;
  return Array.from({ length: tree.runCount }, (_, run) => {
    const leaves = blockDigests.subarray(run * runBytes, (run + 1) * runBytes);
    return digestDatagram(object, run, { leaves, proof: tree.proofOfRun(run) });
  });
}
