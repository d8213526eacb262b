import { DatagramCursor } from '../base/datagram-cursor.js';
import { HEADER_BYTES, IP_AND_UDP_BYTES, MAX_ESI } from '../base/limits.js';
import type { ReceivedBatch } from '../base/ports.js';
import { blockSymbolCount, firstSymbolOf, symbolLength } from '../object/geometry.js';
import type { StreamReading } from '../rate/readings.js';
import { StreamMeter } from '../rate/stream-meter.js';
import { type Descriptor, NO_CODE, objectTag } from '../wire/descriptor.js';
import { readDigestRun } from '../wire/digests.js';
import { DatagramType, Flag, type Header, newHeader, readHeader } from '../wire/header.js';
import { Assembler } from './assemble/assembler.js';
import { CodedPlaces } from './assemble/coded-places.js';
import { NoPlace } from './assemble/no-place.js';
import type { ObjectStore } from './assemble/object-store.js';
import { FROM_DISK, Origins } from './assemble/origins.js';
import type { DatagramFault, FaultCounters } from './counters.js';

/** What one server's channel brought. */
export interface Hearing {
  readonly serverIndex: number;
  readonly channelIndex: number;
  readonly meter: StreamMeter;
  lastHeardUs: number;
}

/**
 * Reception of one version of one object, with no I/O of its own: takes batches, decides what each datagram is, hands new
 * symbols to the sink and counts the rest. A datagram that is not exactly what the descriptor says changes nothing but a
 * counter.
 */
export class Reception {
  readonly assembler: Assembler;
  /** Symbols heard, also those that were there or could not be taken. */
  symbolCount = 0;
  payloadBytes = 0;
  duplicateBytes = 0;
  /** Symbols that this host could not take because the disk was behind. */
  droppedCount = 0;
  /** Bytes of the object that this run added. */
  newBytes = 0;
  /** Bytes of whole IPv6 packets that came on the joined channels, whatever they held. */
  packetBytes = 0;
  /** When the last symbol or digest came that fits the descriptor; undefined before the first. */
  lastHeardUs: number | undefined;
  readonly #descriptor: Descriptor;
  readonly #store: ObjectStore;
  readonly #faults: FaultCounters;
  readonly #onDescriptor: DescriptorHandler;
  readonly #datagram = new DatagramCursor();
  readonly #header = newHeader();
  readonly #origins = new Origins();
  /** Of the datagram that is being handled. */
  #origin = FROM_DISK;
  readonly #tagHigh: number;
  readonly #tagLow: number;
  /**
   * By serverIndex · 256 + channelIndex. A server that the descriptor does not know may have been added since; one byte names
   * it, so there are 256 times as many as channels at most.
   */
  readonly #hearings = new Map<number, Hearing>();
  readonly #readings: StreamReading[] = [];

  constructor(descriptor: Descriptor, store: ObjectStore, faults: FaultCounters, onDescriptor: DescriptorHandler) {
    const tag = Buffer.from(objectTag(descriptor));
    const coded = descriptor.fecEncodingId === NO_CODE ? undefined : new CodedPlaces(store.holdings);
    this.assembler = new Assembler(descriptor, store.holdings, store.verifiedBlocks, coded, this.#origins);
    this.#descriptor = descriptor;
    this.#store = store;
    this.#faults = faults;
    this.#onDescriptor = onDescriptor;
    this.#tagHigh = tag.readUInt32BE(0);
    this.#tagLow = tag.readUInt32BE(4);
  }

  /** What was heard so far, by server and channel. */
  get hearings(): Iterable<Hearing> {
    return this.#hearings.values();
  }

  /** Sequences begin anew: the object is sent in another way from now on. */
  forgetHearings(): void {
    this.#hearings.clear();
  }

  /** When something of the object was last heard on a channel, from whichever server; undefined if never. */
  lastHeardOn(channelIndex: number): number | undefined {
    let lastUs: number | undefined;
    for (const hearing of this.#hearings.values()) {
      if (hearing.channelIndex === channelIndex) lastUs = Math.max(lastUs ?? 0, hearing.lastHeardUs);
    }
    return lastUs;
  }

  /**
   * A channel is joined anew, of one server or of all: what was sent on it meanwhile is not missed.
   */
  resume(nowUs: number, channelIndex: number, server: number | undefined): void {
    for (const hearing of this.#hearings.values()) {
      const isMeant = hearing.channelIndex === channelIndex && (server ?? hearing.serverIndex) === hearing.serverIndex;
      if (isMeant) hearing.meter.resume(nowUs);
    }
  }

  /** What came on the joined streams since the last reading; reused by the next. */
  read(isJoined: (channelIndex: number, serverIndex: number) => boolean): readonly StreamReading[] {
    this.#readings.length = 0;
    for (const { channelIndex, serverIndex, meter } of this.#hearings.values()) {
      if (isJoined(channelIndex, serverIndex)) this.#readings.push(meter.read());
    }
    return this.#readings;
  }

  /** Takes datagrams that came for channel `channelIndex`. */
  handle(channelIndex: number, batch: ReceivedBatch): void {
    const datagram = this.#datagram;
    for (datagram.begin(batch); datagram.next(); ) {
      this.#origin = this.#origins.idOf(datagram.sourceId);
      const { bytes, start, length, arrivalUs } = datagram;
      const fault = this.#handleOne(channelIndex, bytes, start, length, arrivalUs);
      if (fault !== undefined) this.#faults.count(fault);
    }
  }

  #handleOne(
    channelIndex: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
  ): DatagramFault | undefined {
    const header = this.#header;
    this.packetBytes += length + IP_AND_UDP_BYTES;
    const fault = readHeader(bytes, start, length, header);
    if (fault !== undefined) return fault;
    if (header.channelIndex !== channelIndex) return 'contradiction';
    if (header.type === DatagramType.descriptor) {
      // Its tag is the record's own, so it may ride along with another version of the object: only where this one has been
      // heard does its number belong to the same sequence, and its server to those that contribute.
      if (this.#hearings.has(hearingKey(header))) this.#observe(header, length, arrivalUs);
      this.#onDescriptor(header, bytes, start + HEADER_BYTES, length - HEADER_BYTES);
      return undefined;
    }
    if (header.tagHigh !== this.#tagHigh || header.tagLow !== this.#tagLow) return 'otherObject';
    const { sizeBytes, symbolBytes, blockCount, fecEncodingId } = this.#descriptor;
    if (
      header.sizeBytes !== sizeBytes ||
      header.symbolBytes !== symbolBytes ||
      header.blockCount !== blockCount ||
      header.fecEncodingId !== fecEncodingId
    ) {
      return 'contradiction';
    }
    const take = header.type === DatagramType.digests ? this.#takeDigests : this.#takeSymbol;
    return take.call(this, header, bytes, start + HEADER_BYTES, length - HEADER_BYTES, arrivalUs);
  }

  #takeSymbol(
    header: Header,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
  ): DatagramFault | undefined {
    const { block, esi } = header;
    const { assembler } = this;
    const { geometry } = assembler;
    if (block >= geometry.blockCount || esi > MAX_ESI) return 'outOfRange';
    const isSource = esi < blockSymbolCount(geometry, block);
    if (!isSource && this.#descriptor.fecEncodingId === NO_CODE) return 'outOfRange';
    const own = firstSymbolOf(geometry, block) + esi;
    if (length !== (isSource ? symbolLength(geometry, own) : geometry.symbolBytes)) return 'outOfRange';
    // A banned source is not measured. It can write any server's number into its datagrams, and its sequence numbers would
    // then look like losses of that server. A server that was banned by mistake is silent to rate control, and not lossy.
    if (this.#origins.isBanned(this.#origin)) return 'untrusted';
    // Measured before anything decides about the symbol: a symbol that is refused, or that the disk does not take, is not lost.
    const meter = this.#observe(header, length + HEADER_BYTES, arrivalUs);
    this.lastHeardUs = arrivalUs;
    const place = assembler.placeFor(block, esi, this.#origin);
    if (place === NoPlace.unwelcome) {
      assembler.refuse(block, this.#origin);
      return 'untrusted';
    }
    this.symbolCount++;
    this.payloadBytes += length;
    if (place === NoPlace.known) {
      this.duplicateBytes += length;
      meter.noteDuplicate();
      return undefined;
    }
    if (place === NoPlace.spare) {
      assembler.addSpare(block, { esi, origin: this.#origin, bytes: bytes.subarray(start, start + length) });
    } else if (this.#store.writeSymbol(place, esi, bytes, start, length)) {
      assembler.add(block, esi, place, this.#origin);
    } else {
      this.droppedCount++;
      return undefined;
    }
    this.newBytes += length;
    return undefined;
  }

  #takeDigests(
    header: Header,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
  ): DatagramFault | undefined {
    const run = readDigestRun(header, bytes, start, length);
    if (run === undefined || !this.assembler.addDigests(header.block, run)) return 'digests';
    this.#observe(header, length + HEADER_BYTES, arrivalUs);
    this.lastHeardUs = arrivalUs;
    return undefined;
  }

  #observe(header: Header, length: number, arrivalUs: number): StreamMeter {
    const key = hearingKey(header);
    let hearing = this.#hearings.get(key);
    if (hearing === undefined) {
      const { serverIndex, channelIndex } = header;
      hearing = {
        serverIndex,
        channelIndex,
        meter: new StreamMeter(serverIndex, channelIndex),
        lastHeardUs: arrivalUs,
      };
      this.#hearings.set(key, hearing);
    }
    const { flags } = header;
    const wireBytes = length + IP_AND_UDP_BYTES;
    hearing.meter.observe(header, (flags & Flag.train) !== 0, (flags & Flag.preview) !== 0, wireBytes, arrivalUs);
    hearing.lastHeardUs = arrivalUs;
    return hearing.meter;
  }
}

/** Takes the payload of a descriptor datagram, and the id of its source if somebody wants to know it. */
export type DescriptorHandler = (
  header: Readonly<Header>,
  bytes: Uint8Array,
  start: number,
  length: number,
  sourceId?: number,
) => void;

function hearingKey({ serverIndex, channelIndex }: Readonly<Header>): number {
  return serverIndex * 256 + channelIndex;
}
