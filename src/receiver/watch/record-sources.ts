import { deleteOldest } from '../../base/delete-oldest.js';
import { type Header, tagOf } from '../../wire/header.js';

/** Records whose sources are kept: as many as objects (src/receiver/watch/newest-descriptors.ts). */
const MAX_RECORDS = 10_000;
/** Addresses that are kept of one record; `layercast list` shows no more. */
const MAX_SOURCES = 16;

/** The addresses from which each record was heard. Servers that send the same record are all noted, though it is opened once. */
export class RecordSources {
  readonly #addressOf: (sourceId: number) => string | undefined;
  readonly #byTag = new Map<string, Sources>();

  /** @param addressOf called once for each source of a record; a source without an address is left out. */
  constructor(addressOf: (sourceId: number) => string | undefined) {
    this.#addressOf = addressOf;
  }

  /** The sources of this record, as a list that grows when `note` names a new one. */
  of(header: Readonly<Header>): readonly string[] {
    const tag = tagOf(header);
    const sources = this.#byTag.get(tag) ?? { ids: [], addresses: [] };
    if (!this.#byTag.has(tag) && this.#byTag.size >= MAX_RECORDS) deleteOldest(this.#byTag);
    this.#byTag.set(tag, sources);
    return sources.addresses;
  }

  /** Notes that a piece of a record came from this source. */
  note(header: Readonly<Header>, sourceId: number): void {
    const sources = this.#byTag.get(tagOf(header));
    if (sources === undefined || sources.ids.length >= MAX_SOURCES || sources.ids.includes(sourceId)) return;
    sources.ids.push(sourceId);
    const address = this.#addressOf(sourceId);
    if (address !== undefined) sources.addresses.push(address);
  }
}

interface Sources {
  readonly ids: number[];
  readonly addresses: string[];
}
