import type { Descriptor } from '../../wire/descriptor.js';
import { ANNOUNCEMENT_CHANNEL, Flag, type Header } from '../../wire/header.js';
import { AnnouncingServers } from './announcing-servers.js';
import { GenuineRecords } from './genuine-records.js';
import type { NewestDescriptors } from './newest-descriptors.js';

/** From which servers genuine records are heard, and when: so that a version is known to be withdrawn which its server announces no more. */
export class HeardAnnouncements {
  readonly #newest: NewestDescriptors;
  readonly #addressOf: (sourceId: number) => string | undefined;
  readonly #genuine = new GenuineRecords();
  readonly #servers = new AnnouncingServers();
  #intervalUs = 0;

  /** @param addressOf the address of a source (`Network.sourceAddress`). */
  constructor(newest: NewestDescriptors, addressOf: (sourceId: number) => string | undefined) {
    this.#newest = newest;
    this.#addressOf = addressOf;
  }

  /** The longest announce interval in any genuine record, of any object; 0 if none names one. */
  get intervalUs(): number {
    return this.#intervalUs;
  }

  /** Takes note of the announce interval that a genuine record names. */
  noteInterval(intervalUs: number | undefined): void {
    this.#intervalUs = Math.max(this.#intervalUs, intervalUs ?? 0);
  }

  /** Takes note that the record of this datagram is genuine: hearing it again shows that its server announces it. */
  confirm(header: Readonly<Header>, descriptor: Descriptor | undefined): void {
    this.#genuine.add(header, descriptor);
  }

  /** Takes note of a datagram of a record, genuine or not. */
  note(header: Readonly<Header>, sourceId: number, nowUs: number): void {
    const record = this.#genuine.heard(header);
    const address = record && this.#addressOf(sourceId);
    if (record === undefined || address === undefined) return;
    const { descriptor } = record;
    // A channel of one object says nothing of whether announcements of the others can be heard.
    if (header.channelIndex === ANNOUNCEMENT_CHANNEL) {
      const isStarting = (header.flags & Flag.starting) !== 0;
      this.#servers.hear(address, nowUs, this.#intervalUs, isStarting);
    }
    if (descriptor !== undefined) this.#newest.noteHeard(descriptor, { address, atUs: nowUs });
  }

  /** The newest versions that their server announces no more, though it announces others. */
  leftOut(nowUs: number): readonly Descriptor[] {
    const intervalUs = this.#intervalUs;
    if (intervalUs === 0) return [];
    return [...this.#newest]
      .filter(({ heard }) => heard && this.#servers.haveLeftOut(heard, nowUs, intervalUs))
      .map(({ descriptor }) => descriptor);
  }
}
