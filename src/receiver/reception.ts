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

/** What the receiver has heard of one channel of one server. */
export interface Hearing {
  readonly serverIndex: number;
  readonly channelIndex: number;
  readonly meter: StreamMeter;
  lastHeardUs: number;
}

/**
 * Reception of one version of one object, with no I/O of its own: takes batches, decides what each datagram is, hands new
 * symbols to the store and counts the rest. A datagram that contradicts the descriptor changes nothing but a counter.
 */
export class Reception {
  readonly assembler: Assembler;
  /** Symbols heard, duplicates and dropped symbols included. */
  symbolCount = 0;
  payloadBytes = 0;
  duplicateBytes = 0;
  /** Symbols that arrived while this host's disk could not keep up. */
  droppedCount = 0;
  /** Bytes of the object that this run added. */
  newBytes = 0;
  /** Bytes of all IPv6 packets that arrived on the joined channels, used or not. */
  packetBytes = 0;
  /** When the last symbol or digest run that fits the descriptor arrived; undefined before the first. */
  lastHeardUs: number | undefined;
  readonly #descriptor: Descriptor;
  readonly #store: ObjectStore;
  readonly #faults: FaultCounters;
  readonly #onDescriptor: DescriptorHandler;
  readonly #datagram = new DatagramCursor();
  readonly #header = newHeader();
  readonly #origins = new Origins();
  /** The origin of the datagram that is being handled. */
  #origin = FROM_DISK;
  /** Whether the datagram that is being handled has its own time of arrival. */
  #hasOwnArrival = true;
  readonly #tagHigh: number;
  readonly #tagLow: number;
  /**
   * By serverIndex · 256 + channelIndex. Servers that the descriptor does not name count too: the fleet may have added them
   * since. One byte names a server, so there are at most 256 hearings for each channel.
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

  /** What has been heard so far of each channel of each server. */
  get hearings(): Iterable<Hearing> {
    return this.#hearings.values();
  }

  /** Forgets all hearings: the object is sent in another way from now on, so sequences begin anew. */
  forgetHearings(): void {
    this.#hearings.clear();
  }

  /** When a datagram of the object last arrived on a channel, from any server; undefined if never. */
  lastHeardOn(channelIndex: number): number | undefined {
    let lastUs: number | undefined;
    for (const hearing of this.#hearings.values()) {
      if (hearing.channelIndex === channelIndex) lastUs = Math.max(lastUs ?? 0, hearing.lastHeardUs);
    }
    return lastUs;
  }

  /** Notes that a channel is joined anew, of one server or of all: datagrams that were sent in between do not count as lost. */
  resume(nowUs: number, channelIndex: number, server: number | undefined): void {
    for (const hearing of this.#hearings.values()) {
      const isMeant = hearing.channelIndex === channelIndex && (server ?? hearing.serverIndex) === hearing.serverIndex;
      if (isMeant) hearing.meter.resume(nowUs);
    }
  }

  /** One reading for each joined stream, since the last call. The next call uses the same array. */
  read(isJoined: (channelIndex: number, serverIndex: number) => boolean): readonly StreamReading[] {
    this.#readings.length = 0;
    for (const { channelIndex, serverIndex, meter } of this.#hearings.values()) {
      if (isJoined(channelIndex, serverIndex)) this.#readings.push(meter.read());
    }
    return this.#readings;
  }

  /** Takes datagrams that arrived on the group of channel `channelIndex`. */
  handle(channelIndex: number, batch: ReceivedBatch): void {
    const datagram = this.#datagram;
    for (datagram.begin(batch); datagram.next(); ) {
      this.#origin = this.#origins.idOf(datagram.sourceId);
      const { bytes, start, length, arrivalUs } = datagram;
      this.#hasOwnArrival = datagram.hasOwnArrival;
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
      // The tag of a descriptor datagram is the record's own, so the datagram may have been sent with another version of the
      // object. Its number belongs to the sequence heard here only if this version was heard from the same server and channel.
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
    if (header.type === DatagramType.run) {
      this.#observe(header, length, arrivalUs);
      return undefined;
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
    // A banned source is not measured. It can write any server's index into its datagrams, and its sequence numbers would
    // then look like losses of that server. A server that was banned by mistake looks silent to rate control, not lossy.
    if (this.#origins.isBanned(this.#origin)) return 'untrusted';
    // The meter counts a datagram before anything decides about its symbol: a symbol that is refused or dropped is not lost.
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
    const [isTrain, isPreview] = [(flags & Flag.train) !== 0, (flags & Flag.preview) !== 0];
    hearing.meter.observe(header, isTrain, isPreview, wireBytes, arrivalUs, this.#hasOwnArrival);
    hearing.lastHeardUs = arrivalUs;
    return hearing.meter;
  }
}

/** Takes the payload of a descriptor datagram; `sourceId` only where the addresses of announcements are of interest. */
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
