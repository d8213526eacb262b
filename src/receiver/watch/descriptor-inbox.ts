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
 * New records that are checked in a second. Checking an ordinary record takes 70 µs, so 100 a second take 0.7 % of a core. The
 * longest record takes 0.4 ms, so 100 a second take 4 %, but a stranger has to send 28 Mbit/s for that. Genuine servers repeat
 * the same record, which is checked once.
 */
const CHECKS_PER_SECOND = 100;
/** New records that are checked at once after a quiet time: a thousand objects heard in the first second, each with two records. */
const CHECK_BURST = 2000;
/** Objects whose newest descriptor is kept: more than people can list, and 10 MB at about 1 kB each. */
const MAX_OBJECTS = 10_000;

export interface InboxOptions {
  /** The fleet of the wanted objects; undefined for objects of any fleet. */
  readonly fleet: string | undefined;
  /** The wanted object; undefined for all objects of the fleet. */
  readonly object: string | undefined;
  /** The key that must have signed a record; undefined when signatures are not checked. */
  readonly publicKey: KeyObject | undefined;
  /** The highest version of an object that this host has completed; older versions are refused. 0 accepts all. */
  readonly lowestVersionOf: (object: string) => number;
  readonly acceptExpired: boolean;
}

/** Finds objects among announcements: assembles records, checks their signatures, and knows the newest version of each object. */
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

  /** The longest announce interval in any genuine record of the fleet, of any object; 0 if none names one. */
  get announceIntervalUs(): number {
    return this.#announceIntervalUs;
  }

  /**
   * Takes the payload of a descriptor datagram. If the datagram completes a record that was not heard before, returns what the
   * record means.
   *
   * @param sourceId where the datagram came from; undefined where the source is of no interest.
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
      // The record may be the genuine one among a forger's many, so it has to count as new when it is announced again.
      this.#records.forget(header);
      return undefined;
    }
    const { publicKey } = this.#options;
    const isForeign = publicKey !== undefined && openRecord(record, publicKey) === undefined;
    if (isForeign) this.#faults.count('signature');
    const body = peekRecord(record);
    const descriptor = body === undefined ? undefined : unpackDescriptor(body);
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
    // Names hold no control characters, so no two pairs of names give the same key.
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

/** Whether two descriptors name the same bytes; the same object may be cut into other pieces. */
function isSameObject(one: Descriptor, other: Descriptor): boolean {
  return one.sizeBytes === other.sizeBytes && Buffer.compare(one.sha256, other.sha256) === 0;
}

function isUsable({ sizeBytes, symbolBytes, blockCount, fecEncodingId, needs }: Descriptor): boolean {
  const isSpoken = fecEncodingId === NO_CODE || fecEncodingId === RAPTORQ;
  return needs === undefined && isSpoken && isGeometry(sizeBytes, symbolBytes, blockCount);
}
