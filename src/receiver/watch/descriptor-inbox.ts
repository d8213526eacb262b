import type { Trust } from '../../trust/trust.js';
import type { Descriptor } from '../../wire/descriptor.js';
import { RecordAssembler } from '../../wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL, type Header } from '../../wire/header.js';
import type { FaultCounters } from '../counters.js';
import type { Finding } from './findings.js';
import { FleetTrusts } from './fleet-trusts.js';
import { HeardAnnouncements } from './heard-announcements.js';
import { LapsedVersions } from './lapsed-versions.js';
import { type KeptRecord, NewestDescriptors } from './newest-descriptors.js';
import { type InboxOptions, RecordJudge, type RecordOrigin } from './record-judge.js';
import { RecordSources } from './record-sources.js';

/** The origin of whole records that came by another way: their giver remembers them. */
const ELSEWHERE: RecordOrigin = { sources: () => [], confirm: () => undefined, forget: () => undefined };

/** Finds objects among announcements: assembles records, has them judged, and knows the newest version of each object. */
export class DescriptorInbox {
  readonly #faults: FaultCounters;
  readonly #records = new RecordAssembler();
  readonly #sources: RecordSources;
  readonly #trusts: FleetTrusts | undefined;
  readonly #newest = new NewestDescriptors();
  readonly #heard: HeardAnnouncements;
  readonly #judge: RecordJudge;
  readonly #lapsed: LapsedVersions;
  #isStale = false;

  /** @param addressOf the address of a source (`Network.sourceAddress`). */
  constructor(options: InboxOptions, faults: FaultCounters, addressOf: (sourceId: number) => string | undefined) {
    this.#faults = faults;
    const newest = this.#newest;
    const heard = new HeardAnnouncements(newest, addressOf);
    const { trust, object, acceptExpired } = options;
    const isNamed = (name: string) => object === undefined || name === object;
    const trusts = trust && new FleetTrusts(trust, isNamed, acceptExpired);
    this.#heard = heard;
    this.#sources = new RecordSources(addressOf);
    this.#trusts = trusts;
    this.#judge = new RecordJudge(options, { trusts, newest, heard, faults, onProof: () => this.forgetVerdicts() });
    this.#lapsed = new LapsedVersions(newest, heard, trusts);
  }

  /** How many roots came that were newer than what was known. */
  get rootCount(): number {
    return this.#judge.rootCount;
  }

  /** The longest announce interval in any genuine record of the fleet, of any object; 0 if none names one. */
  get announceIntervalUs(): number {
    return this.#heard.intervalUs;
  }

  /** Whether verdicts may have changed since `revoked` was called. */
  get isStale(): boolean {
    return this.#isStale;
  }

  /** Whose records of a fleet count; undefined if signatures are not checked, or nothing of this fleet is trusted. */
  trustOf(fleet: string): Trust | undefined {
    return this.#trusts?.of(fleet);
  }

  /**
   * Takes the payload of a descriptor datagram. If the datagram completes a descriptor that was not judged before, returns what the
   * descriptor means.
   *
   * @param sourceId where the datagram came from; undefined where that is not known.
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
    const record = this.#records.add(header, bytes, start, length, sourceId);
    if (record === false) this.#faults.count('record');
    const finding = record ? this.#judge.take(this.#originOf(header), record, nowUs, wallS) : undefined;
    // On the channels of objects, records are not announced.
    if (sourceId !== undefined && header.channelIndex === ANNOUNCEMENT_CHANNEL) {
      this.#sources.note(header, sourceId);
      this.#heard.note(header, sourceId, nowUs);
    }
    return finding;
  }

  /** When a record of the version was heard last, on any channel, if it is the newest of its object; undefined if never. */
  heardUs(descriptor: Descriptor): number | undefined {
    return this.#newest.of(descriptor)?.heard?.atUs;
  }

  /** Records of the newest versions that count, to be given to `recall` later. */
  get records(): readonly KeptRecord[] {
    return this.#newest.records;
  }

  /** As `RecordJudge.recall`. */
  recall(bytes: Uint8Array, nowUs: number, wallS: number, announcedBy?: string): Finding | undefined {
    return this.#judge.recall(bytes, nowUs, wallS, announcedBy);
  }

  /**
   * Takes a whole record that came by another way than announcements, from somebody who is not trusted. It is judged as those are. Given
   * again, it is judged again.
   */
  take(record: Uint8Array, nowUs: number, wallS: number): Finding | undefined {
    return this.#judge.take(ELSEWHERE, record, nowUs, wallS);
  }

  /** Judges all records anew when they are heard again, and those of `revoked` now. Call it when the clock was set. */
  forgetVerdicts(): void {
    this.#records.forgetAll();
    this.#isStale = true;
  }

  /** As `LapsedVersions.revoked`, if verdicts may have changed since. */
  revoked(nowUs: number, wallS: number): readonly Finding[] {
    if (!this.#isStale) return [];
    this.#isStale = false;
    return this.#lapsed.revoked(nowUs, wallS);
  }

  /** As `LapsedVersions.revoked`: the descriptors of which a date has passed since they were heard. Only another record can bring such a version back. */
  expired(nowUs: number, wallS: number): readonly Finding[] {
    return this.#lapsed.revoked(nowUs, wallS);
  }

  /** As `LapsedVersions.unlisted`. Another description may have been heard that was no newer, so all records are judged anew after that. */
  unlisted(nowUs: number, wallS: number): readonly Finding[] {
    return this.#forgetIfAny(this.#lapsed.unlisted(nowUs, wallS));
  }

  /** As `LapsedVersions.withdrawn`; when such descriptors are announced again, they are found again. */
  withdrawn(nowUs: number): readonly Finding[] {
    return this.#forgetIfAny(this.#lapsed.withdrawn(nowUs));
  }

  #forgetIfAny(gone: readonly Finding[]): readonly Finding[] {
    if (gone.length > 0) this.#records.forgetAll();
    return gone;
  }

  #originOf(header: Readonly<Header>): RecordOrigin {
    return {
      sources: () => this.#sources.of(header),
      confirm: (descriptor) => this.#heard.confirm(header, descriptor),
      forget: () => this.#records.forget(header),
    };
  }
}
