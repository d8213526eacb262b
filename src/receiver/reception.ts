import { DatagramCursor } from '../base/datagram-cursor.js';
import { HEADER_BYTES, IP_AND_UDP_BYTES, MAX_ESI } from '../base/limits.js';
import type { ReceivedBatch } from '../base/ports.js';
import { blockSymbolCount, firstSymbolOf, symbolLength } from '../object/geometry.js';
import type { StreamReading } from '../rate/readings.js';
import { type Descriptor, NO_CODE, objectTag } from '../wire/descriptor.js';
import { readDigestRun } from '../wire/digests.js';
import { DatagramType, type Header, newHeader, readHeader } from '../wire/header.js';
import { RunRecords } from '../wire/runs.js';
import { Assembler } from './assemble/assembler.js';
import { CodedPlaces } from './assemble/coded-places.js';
import { NoPlace } from './assemble/no-place.js';
import type { ObjectStore } from './assemble/object-store.js';
import type { DatagramFault, FaultCounters } from './counters.js';
import { Hearing } from './hearing.js';
import { Alarm } from './runs/alarm.js';
import { KnownKeys, UNPROVEN } from './runs/known-keys.js';
import { type RunSink, StreamRuns } from './runs/stream-runs.js';
import { Fate, type WaitingRing } from './runs/waiting-ring.js';

/**
 * Streams whose runs are kept: servers that send an object, times joined channels. With 60 kB for each, and 0.75 MB of symbols that wait for
 * their proof while somebody forges, strangers who claim to be every server of a large fleet get no more.
 */
const MAX_PROVEN_STREAMS = 256;

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
  readonly #keys = new KnownKeys();
  readonly #alarm: Alarm;
  readonly #records = new RunRecords();
  #provenStreamCount = 0;
  /**
   * 1 for each server of which any datagram has been proven. Before, nothing of it is measured: a forger who is there from the start would
   * spoil the first measurements.
   */
  readonly #isServerProven = new Uint8Array(256);
  /** The ring and entry in which `#hear` has put the last datagram of a server with a key. */
  #ring: WaitingRing | undefined;
  #entry = 0;
  /** The present time, as far as datagrams and ticks tell. */
  #nowUs = 0;
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

  /** @param onAlarm called when only proven symbols are taken from now on, because somebody forges some, and when that ends */
  constructor(
    descriptor: Descriptor,
    store: ObjectStore,
    faults: FaultCounters,
    onDescriptor: DescriptorHandler,
    onAlarm: (isOn: boolean) => void = () => undefined,
  ) {
    const tag = Buffer.from(objectTag(descriptor));
    const coded = descriptor.fecEncodingId === NO_CODE ? undefined : new CodedPlaces(store.holdings);
    this.assembler = new Assembler(descriptor, store.holdings, store.verifiedBlocks, coded, this.#keys);
    this.#alarm = new Alarm((isOn) => {
      // Datagrams that wait for their proof when the alarm ends were measured by nobody, and are not lost.
      if (!isOn) for (const hearing of this.#hearings.values()) hearing.measureAnew(this.#nowUs);
      onAlarm(isOn);
    });
    this.#keys.name(descriptor.servers);
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
    this.#provenStreamCount = 0;
  }

  /** Takes the keys of servers from a newer descriptor of the same object. */
  nameServers(servers: Descriptor['servers']): void {
    this.#keys.name(servers);
  }

  /** Notes that a wrong block had symbols that nobody signed. */
  noteForgery(nowUs: number): void {
    // Without keys nothing can be proven, so waiting for proofs would end the transfer.
    if (this.#keys.hasKeys) this.#alarm.noteForgery(nowUs);
  }

  /** Indexes of the servers whose key signed wrong symbols. Nothing is taken from them. */
  get leftServers(): ReadonlySet<number> {
    return this.#keys.leftServers;
  }

  /** Does what is due without a datagram; the owner calls `tick` every 50 ms. */
  tick(nowUs: number): void {
    this.#nowUs = nowUs;
    for (const { runs } of this.#hearings.values()) runs?.tick(nowUs);
    this.#alarm.tick(nowUs);
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
      if (isMeant) hearing.resume(nowUs);
    }
  }

  /** One reading for each joined stream, since the last call. The next call uses the same array. */
  read(isJoined: (channelIndex: number, serverIndex: number) => boolean): readonly StreamReading[] {
    this.#readings.length = 0;
    for (const hearing of this.#hearings.values()) {
      if (isJoined(hearing.channelIndex, hearing.serverIndex)) this.#readings.push(hearing.read());
    }
    return this.#readings;
  }

  /** Takes datagrams that arrived on the group of channel `channelIndex`. */
  handle(channelIndex: number, batch: ReceivedBatch): void {
    const datagram = this.#datagram;
    for (datagram.begin(batch); datagram.next(); ) {
      const { bytes, start, length, arrivalUs } = datagram;
      this.#nowUs = arrivalUs;
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
    const key = this.#keys.numberOf(header.serverIndex, channelIndex);
    if (header.type === DatagramType.descriptor) {
      // The tag of a descriptor datagram is the record's own, so the datagram may have been sent with another version of the
      // object. Its number belongs to the sequence heard here only if this version was heard from the same server and channel.
      if (this.#hearings.has(keyOfStream(header))) this.#hear(header, bytes, start, length, arrivalUs, key);
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
    if (!this.#isTrusted(key, header.serverIndex)) return 'untrusted';
    if (header.type === DatagramType.symbol) return this.#takeSymbol(header, bytes, start, length, arrivalUs, key);
    if (header.type === DatagramType.digests) return this.#takeDigests(header, bytes, start, length, arrivalUs, key);
    const { runs } = this.#hear(header, bytes, start, length, arrivalUs, key);
    if (runs === undefined) return undefined;
    const ring = this.#ring!;
    const { isOn } = this.#alarm;
    return runs.addRecord(header, bytes, start, length, arrivalUs, ring, this.#entry, isOn) ? undefined : 'run';
  }

  /** Whether anything is taken from a server now: it has not lied, and can prove what it sends if that is needed. */
  #isTrusted(key: number, serverIndex: number): boolean {
    if (key !== UNPROVEN) return !this.#keys.isLeft(key);
    if (!this.#keys.hasKeys) return true;
    return this.#keys.isWithoutKey(serverIndex) && !this.#alarm.isOn;
  }

  #takeSymbol(
    header: Header,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
    key: number,
  ): DatagramFault | undefined {
    const { block, esi } = header;
    const { geometry } = this.assembler;
    const payloadBytes = length - HEADER_BYTES;
    if (block >= geometry.blockCount || esi > MAX_ESI) return 'outOfRange';
    const isSource = esi < blockSymbolCount(geometry, block);
    if (!isSource && this.#descriptor.fecEncodingId === NO_CODE) return 'outOfRange';
    const own = firstSymbolOf(geometry, block) + esi;
    if (payloadBytes !== (isSource ? symbolLength(geometry, own) : geometry.symbolBytes)) return 'outOfRange';
    // The meter counts a datagram before anything decides about its symbol: a symbol that is refused or dropped is not lost.
    const hearing = this.#hear(header, bytes, start, length, arrivalUs, key);
    const { runs } = hearing;
    const payloadAt = start + HEADER_BYTES;
    this.lastHeardUs = arrivalUs;
    if (runs === undefined) {
      if (key !== UNPROVEN) return 'unproven';
      if (this.#take(block, esi, UNPROVEN, bytes, payloadAt, payloadBytes) === NoPlace.known) hearing.noteDuplicate();
      return undefined;
    }
    const ring = this.#ring!;
    const entry = this.#entry;
    if (this.#alarm.isOn || ring === runs.far || !runs.hasCredit) {
      ring.hold(entry, bytes, payloadAt, payloadBytes);
      return undefined;
    }
    const generation = this.assembler.generationOf(block);
    const place = this.#take(block, esi, UNPROVEN, bytes, payloadAt, payloadBytes);
    if (place === NoPlace.known) hearing.noteDuplicate();
    if (place === NoPlace.known || place === NoPlace.unwelcome) return undefined;
    runs.takenCount++;
    ring.fates[entry]! |= Fate.taken;
    ring.places[entry] = place;
    ring.generations[entry] = generation;
    return undefined;
  }

  /**
   * Hands a symbol to the store, unless it is known.
   *
   * @param key the number of the key that proves it, or `UNPROVEN`
   * @returns its place, or `NoPlace.spare`; `NoPlace.known` and `NoPlace.unwelcome` if it was not taken
   */
  #take(block: number, esi: number, key: number, bytes: Uint8Array, start: number, length: number): number {
    const { assembler } = this;
    const place = assembler.placeFor(block, esi, key);
    if (place === NoPlace.unwelcome) {
      this.#faults.count('untrusted');
      return place;
    }
    this.symbolCount++;
    this.payloadBytes += length;
    if (place === NoPlace.known) {
      this.duplicateBytes += length;
      return place;
    }
    if (place === NoPlace.spare) {
      assembler.addSpare(block, { esi, key, bytes: bytes.subarray(start, start + length) });
    } else if (this.#store.writeSymbol(place, esi, bytes, start, length)) {
      assembler.add(block, esi, place, key);
    } else {
      this.droppedCount++;
      return NoPlace.unwelcome;
    }
    this.newBytes += length;
    return place;
  }

  #takeDigests(
    header: Header,
    bytes: Uint8Array,
    start: number,
    length: number,
    arrivalUs: number,
    key: number,
  ): DatagramFault | undefined {
    const run = readDigestRun(header, bytes, start + HEADER_BYTES, length - HEADER_BYTES);
    if (run === undefined || !this.assembler.addDigests(header.block, run)) return 'digests';
    this.#hear(header, bytes, start, length, arrivalUs, key);
    this.lastHeardUs = arrivalUs;
    return undefined;
  }

  /**
   * Counts a datagram as heard on its stream. What a server with a key sends is noted until its record proves it, and measured at once only if
   * its number fits and nobody forges.
   */
  #hear(header: Header, bytes: Uint8Array, start: number, length: number, arrivalUs: number, key: number): Hearing {
    const hearing = this.#hearingOf(header, arrivalUs, key);
    const { runs } = hearing;
    if (runs === undefined) {
      if (key !== UNPROVEN) return hearing;
      hearing.measure(header, length, arrivalUs, this.#hasOwnArrival);
      hearing.lastHeardUs = arrivalUs;
      return hearing;
    }
    const isNear = runs.isNear(header.sequence);
    this.#entry = runs.note(header, bytes, start, length, arrivalUs, this.#hasOwnArrival, isNear);
    this.#ring = isNear ? runs.near : runs.far;
    if (!isNear) return hearing;
    hearing.lastHeardUs = arrivalUs;
    if (this.#alarm.isOn || this.#isServerProven[header.serverIndex] === 0) return hearing;
    this.#ring.fates[this.#entry]! |= Fate.measured;
    hearing.measure(header, length, arrivalUs, this.#hasOwnArrival);
    return hearing;
  }

  #hearingOf(header: Header, arrivalUs: number, key: number): Hearing {
    const { serverIndex, channelIndex } = header;
    let hearing = this.#hearings.get(keyOfStream(header));
    if (hearing === undefined) {
      hearing = new Hearing(serverIndex, channelIndex, arrivalUs);
      this.#hearings.set(keyOfStream(header), hearing);
    }
    const number = hearing.runs?.keyNumber ?? UNPROVEN;
    if (number === key) return hearing;
    if (number !== UNPROVEN) this.#provenStreamCount--;
    hearing.runs = this.#runsFor(serverIndex, channelIndex, key);
    return hearing;
  }

  #runsFor(serverIndex: number, channelIndex: number, keyNumber: number): StreamRuns | undefined {
    if (keyNumber === UNPROVEN || this.#provenStreamCount >= MAX_PROVEN_STREAMS) return undefined;
    this.#provenStreamCount++;
    const stream = { serverIndex, channelIndex, keyNumber };
    const { symbolBytes } = this.#descriptor;
    return new StreamRuns(stream, this.#keys.keyOf(keyNumber), symbolBytes, this.#records, this.#sink);
  }

  readonly #sink: RunSink = {
    onProven: (runs, ring, entry, mayMeasure) => {
      this.#isServerProven[runs.serverIndex] = 1;
      if (mayMeasure) this.#measure(runs, ring, entry, ring.hasOwnArrival(entry));
      const fate = ring.fates[entry]!;
      const block = ring.blocks[entry]!;
      const esi = ring.esis[entry]!;
      const { keyNumber } = runs;
      if ((fate & Fate.taken) !== 0) {
        this.assembler.prove(block, esi, ring.places[entry]!, ring.generations[entry]!, keyNumber);
      } else if ((fate & Fate.held) !== 0) {
        this.#takeHeld(ring, entry, keyNumber);
      }
    },
    onForged: (runs, ring, entry) => {
      this.#faults.count('forged');
      if ((ring.fates[entry]! & Fate.measured) !== 0) this.#unmeasure(runs, ring.arrivalsUs[entry]!);
      this.#alarm.noteForgery(this.#nowUs);
    },
    onUnproven: (_runs, ring, entry, isNear) => {
      if ((ring.fates[entry]! & Fate.held) === 0) return;
      if (isNear && !this.#alarm.isOn) this.#takeHeld(ring, entry, UNPROVEN);
      else this.#faults.count('unproven');
    },
    onStray: (runs, ring, entry) => {
      this.#faults.count('unproven');
      const fate = ring.fates[entry]!;
      if ((fate & Fate.measured) !== 0) this.#unmeasure(runs, ring.arrivalsUs[entry]!);
      if ((fate & Fate.taken) !== 0) this.#alarm.noteForgery(this.#nowUs);
    },
    onStale: (runs) => this.#unmeasure(runs, this.#nowUs),
    onPassed: (runs, ring, entry) => this.#measure(runs, ring, entry, false),
    onFault: (fault) => this.#faults.count(fault),
  };

  #takeHeld(ring: WaitingRing, entry: number, key: number): void {
    const block = ring.blocks[entry]!;
    const esi = ring.esis[entry]!;
    this.#take(block, esi, key, ring.payloads, ring.payloadAt(entry), ring.payloadLengths[entry]!);
  }

  /** Counts a datagram for rate control, unless that was done when it arrived. */
  #measure(runs: StreamRuns, ring: WaitingRing, entry: number, hasOwnArrival: boolean): void {
    if ((ring.fates[entry]! & Fate.measured) !== 0) return;
    ring.fates[entry]! |= Fate.measured;
    this.#hearings.get(keyOfStream(runs))?.measureWaiting(ring, entry, hasOwnArrival);
  }

  #unmeasure(runs: StreamRuns, arrivalUs: number): void {
    this.#hearings.get(keyOfStream(runs))?.unmeasure(arrivalUs, this.#nowUs);
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

function keyOfStream({ serverIndex, channelIndex }: Pick<Header, 'serverIndex' | 'channelIndex'>): number {
  return serverIndex * 256 + channelIndex;
}
