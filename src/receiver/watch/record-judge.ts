import { type Signers, signersOf } from '../../trust/quorum.js';
import { refusalOf } from '../../trust/refusal.js';
import type { SignedRelease, Verdict } from '../../trust/trust.js';
import { descriptorDigest, unpackCatalogue } from '../../wire/catalogue.js';
import type { Descriptor } from '../../wire/descriptor.js';
import { unpackDescriptor } from '../../wire/descriptor-reader.js';
import { unpackRoot } from '../../wire/root.js';
import { RecordKind } from '../../wire/signature.js';
import { type SignedRecord, unpackSignedRecord } from '../../wire/signed-record.js';
import type { FaultCounters } from '../counters.js';
import type { Finding, FindingKind } from './findings.js';
import type { FleetTrusts, TrustSource } from './fleet-trusts.js';
import type { HeardAnnouncements } from './heard-announcements.js';
import type { NewestDescriptors } from './newest-descriptors.js';
import { SignatureChecks } from './signature-checks.js';
import { isUsable } from './usable.js';
import { isForThisDevice, isOfFleet, isWanted, type WantedObjects } from './wanted-objects.js';

export interface InboxOptions extends WantedObjects {
  /** Whose records count; undefined when signatures are not checked. */
  readonly trust: TrustSource | undefined;
  /** The highest version of an object that this host has completed; older versions are refused. 0 accepts all. */
  readonly lowestVersionOf: (object: string) => number;
  readonly acceptExpired: boolean;
}

/** Where a record came from. */
export interface RecordOrigin {
  /** The addresses from which it was announced. */
  sources(): readonly string[];
  /** The record is genuine: hearing it again shows that its server announces it. */
  confirm(descriptor?: Descriptor): void;
  /** Has the record judged anew when it is announced again. */
  forget(): void;
}

/** What a judge goes by, and what it tells. */
export interface JudgeWorld {
  /** Undefined when signatures are not checked. */
  readonly trusts: FleetTrusts | undefined;
  readonly newest: NewestDescriptors;
  readonly heard: HeardAnnouncements;
  readonly faults: FaultCounters;
  /** Called when a root or a catalogue counts that was not known: verdicts may be others now. */
  readonly onProof: () => void;
}

/** Judges whole records: follows roots and catalogues, says what a descriptor means, and puts it among the newest if it counts. */
export class RecordJudge {
  /** How many roots came that were newer than what was known. */
  rootCount = 0;
  readonly #options: InboxOptions;
  readonly #trusts: FleetTrusts | undefined;
  readonly #newest: NewestDescriptors;
  readonly #heard: HeardAnnouncements;
  readonly #faults: FaultCounters;
  readonly #onProof: () => void;
  readonly #checks = new SignatureChecks();

  constructor(options: InboxOptions, { trusts, newest, heard, faults, onProof }: JudgeWorld) {
    this.#options = options;
    this.#trusts = trusts;
    this.#newest = newest;
    this.#heard = heard;
    this.#faults = faults;
    this.#onProof = onProof;
  }

  /**
   * Takes a record, genuine or not. Returns what it means if it describes an object.
   *
   * @param wallS seconds since 1970, as the clock of this host says
   */
  take(origin: RecordOrigin, bytes: Uint8Array, nowUs: number, wallS: number): Finding | undefined {
    if (!this.#checks.takeFirst(nowUs)) return this.#flooded(origin);
    const record = unpackSignedRecord(bytes);
    if (record?.kind === RecordKind.descriptor) return this.#openDescriptor(origin, record, bytes, nowUs, wallS);
    // What cannot be taken apart was not signed.
    if (record === undefined) this.#faults.count(this.#trusts === undefined ? 'record' : 'signature');
    else if (this.#trusts !== undefined) this.#openProof(origin, record, nowUs);
    return undefined;
  }

  /**
   * Takes a record that was heard in an earlier time, so that its version can be received before it is announced again. It is judged as all others;
   * nothing is found if it does not count any more, or not yet.
   *
   * @param announcedBy as in `KeptRecord`: it counts as heard from there now
   */
  recall(bytes: Uint8Array, nowUs: number, wallS: number, announcedBy?: string): Finding | undefined {
    const record = unpackSignedRecord(bytes);
    const descriptor = record?.kind === RecordKind.descriptor ? unpackDescriptor(record.body) : undefined;
    if (record === undefined || descriptor === undefined) return undefined;
    const trust = this.#trusts?.of(descriptor.fleet);
    if (trust === undefined || !isOfFleet(this.#options, descriptor) || !isWanted(this.#options, descriptor))
      return undefined;
    const release = releaseOf(descriptor, record, signersOf(record, trust.ring));
    if (trust.judge(release, wallS).kind !== 'valid') return undefined;
    if (descriptor.version < this.#options.lowestVersionOf(descriptor.object)) return undefined;
    const kind = this.#accept(descriptor, release, bytes);
    if (announcedBy !== undefined) this.#newest.noteHeard(descriptor, { address: announcedBy, atUs: nowUs });
    return kind === 'newest' ? { kind, descriptor, sources: [], isRecalled: true } : undefined;
  }

  /** Takes a root or a catalogue. */
  #openProof(origin: RecordOrigin, record: SignedRecord, nowUs: number): void {
    const isRoot = record.kind === RecordKind.root;
    const body = isRoot ? unpackRoot(record.body) : unpackCatalogue(record.body);
    if (body === undefined) this.#faults.count('record');
    const trust = body === undefined || !isOfFleet(this.#options, body) ? undefined : this.#trusts!.of(body.fleet);
    if (trust === undefined) return;
    if (!this.#checks.takeRest(record, trust, nowUs)) {
      this.#flooded(origin);
      return;
    }
    const outcome = isRoot ? trust.hearRoot(record) : trust.hearCatalogue(record).kind;
    if (outcome === 'refused') this.#faults.count('signature');
    // Of roots that are known, and of all that comes early, no signature is checked.
    const isChecked = isRoot ? outcome === 'taken' : outcome !== 'refused' && outcome !== 'early';
    if (isChecked) origin.confirm();
    // A root that is missing comes later in the carousel, and this record again after it.
    if (outcome === 'early') origin.forget();
    if (outcome !== 'taken') return;
    if (isRoot) this.rootCount++;
    this.#onProof();
  }

  #openDescriptor(
    origin: RecordOrigin,
    record: SignedRecord,
    bytes: Uint8Array,
    nowUs: number,
    wallS: number,
  ): Finding | undefined {
    const descriptor = unpackDescriptor(record.body);
    const fleet = descriptor?.fleet ?? this.#options.fleet;
    const trust = fleet === undefined ? undefined : this.#trusts?.of(fleet);
    if (trust !== undefined && !this.#checks.takeRest(record, trust, nowUs)) return this.#flooded(origin);
    const signers = trust === undefined ? undefined : signersOf(record, trust.ring);
    const isForeign = this.#trusts !== undefined && (signers === undefined || signers.size === 0);
    if (isForeign) this.#faults.count('signature');
    else if (descriptor === undefined) this.#faults.count('record');
    if (descriptor === undefined || !isOfFleet(this.#options, descriptor)) return undefined;
    const sources = origin.sources();
    if (trust === undefined) {
      const kind = this.#trusts === undefined ? 'unchecked' : 'foreign';
      return isWanted(this.#options, descriptor) ? { kind, descriptor, sources } : undefined;
    }
    const release = releaseOf(descriptor, record, signers);
    const verdict = trust.hearRelease(release, wallS);
    if (!isOfStrangers(verdict)) {
      this.#heard.noteInterval(descriptor.announceIntervalUs);
      origin.confirm(descriptor);
    }
    if (!isWanted(this.#options, descriptor)) return undefined;
    // A catalogue may list it before it is heard again.
    const isEarly = verdict.kind === 'unlisted' || (verdict.kind === 'other' && this.#isRenewal(descriptor));
    if (isEarly) origin.forget();
    const kind = isEarly ? 'unlisted' : this.#kindOf(verdict, descriptor, release, bytes);
    return { kind, descriptor, refusal: refusalOf(verdict, descriptor.version), sources };
  }

  /** Whether a description was made later than the one that counts of the same version. */
  #isRenewal(descriptor: Descriptor): boolean {
    const before = this.#newest.of(descriptor)?.descriptor;
    return before !== undefined && before.createdS < descriptor.createdS;
  }

  #kindOf(verdict: Verdict, descriptor: Descriptor, release: SignedRelease, record: Uint8Array): FindingKind {
    if (verdict.kind === 'foreign' || verdict.kind === 'unlisted') return verdict.kind;
    const { lowestVersionOf } = this.#options;
    if (!isOfStrangers(verdict) && descriptor.version < lowestVersionOf(descriptor.object)) return 'rollback';
    if (verdict.kind === 'expired') return 'expired';
    return verdict.kind === 'valid' ? this.#accept(descriptor, release, record) : 'refused';
  }

  #accept(descriptor: Descriptor, release: SignedRelease, record: Uint8Array): FindingKind {
    if (!isUsable(descriptor)) return 'unsupported';
    if (!isForThisDevice(this.#options, descriptor)) return 'incompatible';
    return this.#newest.take({ descriptor, release, record });
  }

  #flooded(origin: RecordOrigin): undefined {
    this.#faults.count('flood');
    // The record may be the genuine one among a forger's many, so it has to count as new when it is announced again.
    origin.forget();
    return undefined;
  }
}

function releaseOf(descriptor: Descriptor, { body }: SignedRecord, signers: Signers | undefined): SignedRelease {
  const { object, version, createdS, expiresS } = descriptor;
  return { object, version, createdS, expiresS, digest: descriptorDigest(body), signers };
}

/** Whether too few keys of the fleet signed, so that strangers may have made the record. */
function isOfStrangers({ kind }: Verdict): boolean {
  return kind === 'foreign' || kind === 'tooFew' || kind === 'retired';
}
