import type { KeyObject } from 'node:crypto';
import { isGeometry } from '../object/geometry.js';
import { type Descriptor, NO_CODE, objectTag, RAPTORQ } from '../wire/descriptor.js';
import { unpackDescriptor } from '../wire/descriptor-reader.js';
import { RecordAssembler } from '../wire/fragments.js';
import type { Header } from '../wire/header.js';
import { openRecord } from '../wire/signature.js';
import type { FaultCounters } from './counters.js';

/** Signature checks a second: 20 of 63 µs are 0.1 % of a core, and genuine servers announce a record once. */
const CHECKS_PER_SECOND = 20;
/** Checks that may come at once after a quiet time: a fleet's objects, all heard in the first second. */
const CHECK_BURST = 256;

export interface InboxOptions {
  readonly fleet: string;
  readonly object: string;
  readonly publicKey: KeyObject;
  /** The version completed before; older ones are refused. 0 accepts all. */
  readonly lowestVersion: number;
  readonly acceptExpired: boolean;
}

/** What became of a genuine descriptor of the wanted object. */
export type Finding =
  /** The newest version so far: the one to receive. */
  | { readonly kind: 'newest'; readonly descriptor: Descriptor }
  /** The same version again, from a fleet that has changed: other servers may be sending it now. */
  | { readonly kind: 'renewed'; readonly descriptor: Descriptor }
  /** Older than what was completed before, or past its date. */
  | { readonly kind: 'rollback' | 'expired'; readonly descriptor: Descriptor }
  /** The same version number signed for different bytes. */
  | { readonly kind: 'conflict'; readonly descriptor: Descriptor }
  /** For a code that this program does not speak, or sizes that it cannot handle. */
  | { readonly kind: 'unsupported'; readonly descriptor: Descriptor };

/** Finds the one object among the announcements: puts records together, checks who signed them, keeps the newest version. */
export class DescriptorInbox {
  readonly #options: InboxOptions;
  readonly #faults: FaultCounters;
  readonly #records = new RecordAssembler();
  #newest: Descriptor | undefined;
  #checksLeft = CHECK_BURST;
  #refilledUs: number | undefined;

  constructor(options: InboxOptions, faults: FaultCounters) {
    this.#options = options;
    this.#faults = faults;
  }

  /** Takes the payload of a descriptor datagram. */
  handle(
    header: Readonly<Header>,
    bytes: Uint8Array,
    start: number,
    length: number,
    nowUs: number,
    wallS: number,
  ): Finding | undefined {
    const record = this.#records.add(header, bytes, start, length);
    if (record === false) this.#faults.count('record');
    if (record === undefined || record === false) return undefined;
    if (!this.#mayCheck(nowUs)) {
      this.#faults.count('flood');
      // It may be the genuine one among a forger's many: it has to count as new when it is announced again.
      this.#records.forget(header);
      return undefined;
    }
    const body = openRecord(record, this.#options.publicKey);
    const descriptor = body && unpackDescriptor(body);
    if (descriptor === undefined) this.#faults.count(body === undefined ? 'signature' : 'record');
    return descriptor && this.#judge(descriptor, wallS);
  }

  #judge(descriptor: Descriptor, wallS: number): Finding | undefined {
    const { fleet, object, lowestVersion, acceptExpired } = this.#options;
    if (descriptor.fleet !== fleet || descriptor.object !== object) return undefined;
    if (descriptor.version < lowestVersion) return { kind: 'rollback', descriptor };
    if (!acceptExpired && descriptor.expiresS !== undefined && descriptor.expiresS <= wallS) {
      return { kind: 'expired', descriptor };
    }
    if (!isUsable(descriptor)) return { kind: 'unsupported', descriptor };
    const newest = this.#newest;
    if (newest !== undefined && descriptor.version < newest.version) return undefined;
    if (newest?.version === descriptor.version) {
      if (Buffer.compare(objectTag(newest), objectTag(descriptor)) !== 0) return { kind: 'conflict', descriptor };
      if (descriptor.createdS <= newest.createdS) return undefined;
      this.#newest = descriptor;
      return { kind: 'renewed', descriptor };
    }
    this.#newest = descriptor;
    return { kind: 'newest', descriptor };
  }

  #mayCheck(nowUs: number): boolean {
    const gained = ((nowUs - (this.#refilledUs ?? nowUs)) * CHECKS_PER_SECOND) / 1e6;
    this.#checksLeft = Math.min(CHECK_BURST, this.#checksLeft + gained);
    this.#refilledUs = nowUs;
    if (this.#checksLeft < 1) return false;
    this.#checksLeft--;
    return true;
  }
}

function isUsable({ sizeBytes, symbolBytes, blockCount, fecEncodingId }: Descriptor): boolean {
  const isSpoken = fecEncodingId === NO_CODE || fecEncodingId === RAPTORQ;
  return isSpoken && isGeometry(sizeBytes, symbolBytes, blockCount);
}
