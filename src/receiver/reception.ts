import { DatagramCursor } from '../base/datagram-cursor.js';
import { HEADER_BYTES, IP_AND_UDP_BYTES, MAX_ESI } from '../base/limits.js';
import type { ReceivedBatch } from '../base/ports.js';
import { blockSymbolCount, firstSymbolOf, symbolLength } from '../object/geometry.js';
import { type Descriptor, NO_CODE, objectTag } from '../wire/descriptor.js';
import { readDigestRun } from '../wire/digests.js';
import { DatagramType, type Header, newHeader, readHeader } from '../wire/header.js';
import { Assembler } from './assemble/assembler.js';
import { CodedPlaces } from './assemble/coded-places.js';
import type { ObjectStore } from './assemble/object-store.js';
import type { DatagramFault, FaultCounters } from './counters.js';
import type { Hearing } from './hearing.js';
import { Hearings } from './hearings.js';
import { Intake } from './intake.js';
import { Alarm } from './runs/alarm.js';
import { KnownKeys, UNPROVEN } from './runs/known-keys.js';

/**
 * Reception of one version of one object, with no I/O of its own: takes batches, decides what each datagram is, and counts
 * those that are of no use. A datagram that contradicts the descriptor changes nothing but a counter.
 */
export class Reception {
  readonly assembler: Assembler;
  /** What has been heard so far of each channel of each server. */
  readonly hearings: Hearings;
  readonly intake: Intake;
  /** Bytes of all IPv6 packets that arrived on the joined channels, used or not. */
  packetBytes = 0;
  /** When the last symbol or digest run that fits the descriptor arrived; undefined before the first. */
  lastHeardUs: number | undefined;
  readonly #descriptor: Descriptor;
  readonly #faults: FaultCounters;
  readonly #onDescriptor: DescriptorHandler;
  readonly #datagram = new DatagramCursor();
  readonly #header = newHeader();
  readonly #keys = new KnownKeys();
  readonly #alarm: Alarm;
  readonly #tagHigh: number;
  readonly #tagLow: number;

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
      if (!isOn) this.hearings.measureAnew();
      onAlarm(isOn);
    });
    this.intake = new Intake(this.assembler, store, faults, this.#alarm);
    this.hearings = new Hearings(this.#keys, this.#alarm, faults, descriptor, this.intake);
    this.#keys.name(descriptor.servers);
    this.#descriptor = descriptor;
    this.#faults = faults;
    this.#onDescriptor = onDescriptor;
    this.#tagHigh = tag.readUInt32BE(0);
    this.#tagLow = tag.readUInt32BE(4);
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
    this.hearings.tick(nowUs);
    this.#alarm.tick(nowUs);
  }

  /** Takes datagrams that arrived on the group of channel `channelIndex`. */
  handle(channelIndex: number, batch: ReceivedBatch): void {
    const datagram = this.#datagram;
    for (datagram.begin(batch); datagram.next(); ) {
      const fault = this.#handleOne(channelIndex, datagram);
      if (fault !== undefined) this.#faults.count(fault);
    }
  }

  #handleOne(channelIndex: number, datagram: DatagramCursor): DatagramFault | undefined {
    const { bytes, start, length, arrivalUs } = datagram;
    const header = this.#header;
    this.packetBytes += length + IP_AND_UDP_BYTES;
    const fault = readHeader(bytes, start, length, header);
    if (fault !== undefined) return fault;
    if (header.channelIndex !== channelIndex) return 'contradiction';
    const key = this.#keys.numberOf(header.serverIndex, channelIndex);
    if (header.type === DatagramType.descriptor) {
      // The tag of a descriptor datagram is the record's own, so the datagram may have been sent with another version of the
      // object. Its number belongs to the sequence heard here only if this version was heard from the same server and channel.
      if (this.hearings.has(header)) this.#hear(datagram, key);
      this.#onDescriptor(header, bytes, start + HEADER_BYTES, length - HEADER_BYTES, datagram.sourceId);
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
    if (header.type === DatagramType.symbol) return this.#takeSymbol(datagram, key);
    if (header.type === DatagramType.digests) return this.#takeDigests(datagram, key);
    const { runs } = this.#hear(datagram, key);
    if (runs === undefined) return undefined;
    const { ring, entry } = this.hearings;
    const isRecord = runs.addRecord(header, bytes, start, length, arrivalUs, ring!, entry, this.#alarm.isOn);
    return isRecord ? undefined : 'run';
  }

  /** Whether anything is taken from a server now: it has not lied, and can prove what it sends if that is needed. */
  #isTrusted(key: number, serverIndex: number): boolean {
    if (key !== UNPROVEN) return !this.#keys.isLeft(key);
    if (!this.#keys.hasKeys) return true;
    return this.#keys.isWithoutKey(serverIndex) && !this.#alarm.isOn;
  }

  #takeSymbol(datagram: DatagramCursor, key: number): DatagramFault | undefined {
    const { bytes, start, length } = datagram;
    const { block, esi } = this.#header;
    const { geometry } = this.assembler;
    const payloadBytes = length - HEADER_BYTES;
    if (block >= geometry.blockCount || esi > MAX_ESI) return 'outOfRange';
    const isSource = esi < blockSymbolCount(geometry, block);
    if (!isSource && this.#descriptor.fecEncodingId === NO_CODE) return 'outOfRange';
    const own = firstSymbolOf(geometry, block) + esi;
    if (payloadBytes !== (isSource ? symbolLength(geometry, own) : geometry.symbolBytes)) return 'outOfRange';
    // The meter counts a datagram before anything decides about its symbol: a symbol that is refused or dropped is not lost.
    const hearing = this.#hear(datagram, key);
    this.lastHeardUs = datagram.arrivalUs;
    const payloadAt = start + HEADER_BYTES;
    if (hearing.runs !== undefined) {
      const { ring, entry } = this.hearings;
      this.intake.takeNoted(hearing, ring!, entry, bytes, payloadAt, payloadBytes);
      return undefined;
    }
    if (key !== UNPROVEN) return 'unproven';
    this.intake.takeUnsigned(hearing, block, esi, bytes, payloadAt, payloadBytes);
    return undefined;
  }

  #takeDigests(datagram: DatagramCursor, key: number): DatagramFault | undefined {
    const { bytes, start, length, arrivalUs } = datagram;
    const run = readDigestRun(this.#header, bytes, start + HEADER_BYTES, length - HEADER_BYTES);
    if (run === undefined || !this.assembler.addDigests(this.#header.block, run)) return 'digests';
    this.#hear(datagram, key);
    this.lastHeardUs = arrivalUs;
    return undefined;
  }

  #hear({ bytes, start, length, arrivalUs, hasOwnArrival }: DatagramCursor, key: number): Hearing {
    return this.hearings.hear(this.#header, bytes, start, length, arrivalUs, hasOwnArrival, key);
  }
}

/** Takes the payload of a descriptor datagram, and where it came from, if that is known. */
export type DescriptorHandler = (
  header: Readonly<Header>,
  bytes: Uint8Array,
  start: number,
  length: number,
  sourceId?: number,
) => void;
