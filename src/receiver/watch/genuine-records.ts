import { deleteOldest } from '../../base/delete-oldest.js';
import type { Descriptor } from '../../wire/descriptor.js';
import { type Header, tagOf } from '../../wire/header.js';

/** Records that are remembered: as many as objects (src/receiver/watch/newest-descriptors.ts). The one that was heard least recently makes room. */
const MAX_RECORDS = 10_000;

/** What a genuine record says again, each time that a piece of it is heard. */
export interface GenuineRecord {
  /** The version that the record describes; undefined for a root or a catalogue. */
  readonly descriptor: Descriptor | undefined;
}

/** The records of a fleet that were opened and found to be signed by it, so that its servers are known by the pieces that they repeat. */
export class GenuineRecords {
  readonly #byTag = new Map<string, GenuineRecord>();

  /** Only for records that the fleet's keys signed: strangers may not crowd out what is genuine. */
  add(header: Readonly<Header>, descriptor: Descriptor | undefined): void {
    const tag = tagOf(header);
    if (!this.#byTag.has(tag) && this.#byTag.size >= MAX_RECORDS) deleteOldest(this.#byTag);
    this.#byTag.set(tag, { descriptor });
  }

  /** The record of which this is a piece; undefined if it is not one of the fleet's. It counts as heard now. */
  heard(header: Readonly<Header>): GenuineRecord | undefined {
    const tag = tagOf(header);
    const record = this.#byTag.get(tag);
    if (record === undefined) return undefined;
    this.#byTag.delete(tag);
    this.#byTag.set(tag, record);
    return record;
  }
}
