import type { Header } from '../../wire/header.js';

/** Records whose sources are kept: as many as objects (src/receiver/watch/descriptor-inbox.ts). */
const MAX_RECORDS = 10_000;
/** Addresses kept of one record: more are not shown. */
const MAX_SOURCES = 16;

/** From where each record was heard: servers that send the very same record are all heard, though it is opened once. */
export class RecordSources {
  readonly #byTag = new Map<string, string[]>();

  /** The list for this record, which grows from now on. */
  of(header: Readonly<Header>): readonly string[] {
    const tag = tagOf(header);
    const sources = this.#byTag.get(tag) ?? [];
    if (!this.#byTag.has(tag) && this.#byTag.size >= MAX_RECORDS) this.#byTag.delete(this.#byTag.keys().next().value!);
    this.#byTag.set(tag, sources);
    return sources;
  }

  /** A piece of a record came from this address. */
  note(header: Readonly<Header>, source: string): void {
    const sources = this.#byTag.get(tagOf(header));
    if (sources === undefined || sources.length >= MAX_SOURCES || sources.includes(source)) return;
    sources.push(source);
  }
}

function tagOf({ tagHigh, tagLow }: Readonly<Header>): string {
  return `${tagHigh}-${tagLow}`;
}
