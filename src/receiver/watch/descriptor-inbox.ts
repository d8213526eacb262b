import type { KeyObject } from 'node:crypto';
import { isGeometry } from '../../object/geometry.js';
import { type Descriptor, NO_CODE, RAPTORQ } from '../../wire/descriptor.js';
import { unpackDescriptor } from '../../wire/descriptor-reader.js';
import { RecordAssembler } from '../../wire/fragments.js';
import type { Header } from '../../wire/header.js';
import { openRecord, peekRecord } from '../../wire/signature.js';
import type { FaultCounters } from '../counters.js';
import { Allowance } from './allowance.js';
import type { Finding, FindingKind } from './findings.js';
import { RecordSources } from './record-sources.js';

/**
 * New records that are checked and read, a second. An ordinary one takes 70 µs, 0.7 % of a core; the longest that there can be
 * takes 0.4 ms, but a stranger has to send 28 Mbit/s of those for 4 %. Genuine servers announce the same record over and over.
 */
const CHECKS_PER_SECOND = 100;
/** New records at once after a quiet time: those of a thousand objects, heard in the first second, described anew once. */
const CHECK_BURST = 2000;
/** Objects of which the newest descriptor is kept: more than people can list; at about 1 kB each, 10 MB. */
const MAX_OBJECTS = 10_000;

export interface InboxOptions {
  /** The fleet whose objects are looked for; undefined for objects of any fleet. */
  readonly fleet: string | undefined;
  /** The one object; undefined for all of the fleet. */
  readonly object: string | undefined;
  /** The key that must have signed a record; undefined when signatures are not checked. */
  readonly publicKey: KeyObject | undefined;
  /** The version of an object that was completed before; older ones are refused. 0 accepts all. */
  readonly lowestVersionOf: (object: string) => number;
  readonly acceptExpired: boolean;
}

/** Finds objects among announcements: puts records together, checks who signed them, knows the newest version of each object. */
export class DescriptorInbox {
  readonly #options: InboxOptions;
  readonly #faults: FaultCounters;
  readonly #records = new RecordAssembler();
  readonly #sources: RecordSources;
  readonly #checks = new Allowance(CHECKS_PER_SECOND, CHECK_BURST);
  readonly #newest = new Map<string, Descriptor>();
  #announceIntervalUs = 0;

  /** @param addressOf the address of a source (`Network.sourceAddress`). */
  constructor(options: InboxOptions, faults: FaultCounters, addressOf: (sourceId: number) => string | undefined) {
    this.#options = options;
    this.#faults = faults;
    this.#sources = new RecordSources(addressOf);
  }

  /** The longest announce interval that a genuine record of the fleet, of whichever object, has said; 0 if none said one. */
  get announceIntervalUs(): number {
    return this.#announceIntervalUs;
  }

  /**
   * Takes the payload of a descriptor datagram; returns what a record means when the datagram completes one that was not heard
   * before.
   *
   * @param sourceId where the datagram came from; undefined if nobody wants to know.
   */
  handle(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    nowUs: number,
    wallS: number,
    sourceId?: number,
  ): Finding | undefined {
    const record = this.#records.add(header, bytes, start, length);
    if (record === false) this.#faults.count('record');
    const finding = record ? this.#open(header, record, nowUs, wallS) : undefined;
    if (sourceId !== undefined) this.#sources.note(header, sourceId);
    return finding;
  }

  #open(header: Readonly<Header>, record: Uint8Array, nowUs: number, wallS: number): Finding | undefined {
    if (!this.#checks.take(nowUs)) {
      this.#faults.count('flood');
      // It may be the genuine one among a forger's many: it has to count as new when it is announced again.
      this.#records.forget(header);
      return undefined;
    }
    const { publicKey } = this.#options;
    const isForeign = publicKey !== undefined && openRecord(record, publicKey) === undefined;
    if (isForeign) this.#faults.count('signature');
    const descriptor = unpackDescriptor(peekRecord(record));
    if (descriptor === undefined && !isForeign) this.#faults.count('record');
    if (descriptor === undefined || !this.#isOfFleet(descriptor)) return undefined;
    if (publicKey !== undefined && !isForeign) {
      this.#announceIntervalUs = Math.max(this.#announceIntervalUs, descriptor.announceIntervalUs ?? 0);
    }
    const { object = descriptor.object } = this.#options;
    if (descriptor.object !== object) return undefined;
    const kind = publicKey === undefined ? 'unchecked' : isForeign ? 'foreign' : this.#judge(descriptor, wallS);
    return { kind, descriptor, sources: this.#sources.of(header) };
  }

  #isOfFleet(descriptor: Descriptor): boolean {
    const { fleet = descriptor.fleet } = this.#options;
    return descriptor.fleet === fleet;
  }

  #judge(descriptor: Descriptor, wallS: number): FindingKind {
    const { lowestVersionOf, acceptExpired } = this.#options;
    if (descriptor.version < lowestVersionOf(descriptor.object)) return 'rollback';
    if (!acceptExpired && descriptor.expiresS !== undefined && descriptor.expiresS <= wallS) return 'expired';
    if (!isUsable(descriptor)) return 'unsupported';
    // Names hold no control characters.
    const name = `${descriptor.fleet}\n${descriptor.object}`;
    const newest = this.#newest.get(name);
    if (newest !== undefined && descriptor.version < newest.version) return 'older';
    if (newest?.version === descriptor.version) {
      if (!isSameObject(newest, descriptor)) return 'conflict';
      if (descriptor.createdS <= newest.createdS) return 'older';
    }
    if (newest === undefined && this.#newest.size >= MAX_OBJECTS)
      this.#newest.delete(this.#newest.keys().next().value!);
    this.#newest.set(name, descriptor);
    return newest?.version === descriptor.version ? 'renewed' : 'newest';
  }
}

/** Cut into other pieces, an object is still the same. */
function isSameObject(one: Descriptor, other: Descriptor): boolean {
  return one.sizeBytes === other.sizeBytes && Buffer.compare(one.sha256, other.sha256) === 0;
}

function isUsable({ sizeBytes, symbolBytes, blockCount, fecEncodingId }: Descriptor): boolean {
  const isSpoken = fecEncodingId === NO_CODE || fecEncodingId === RAPTORQ;
  return isSpoken && isGeometry(sizeBytes, symbolBytes, blockCount);
}
