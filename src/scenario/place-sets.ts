import type { Fault } from '../config/faults.js';
import { listOf } from '../config/units.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import type { LinkEntry } from './scenario-schema.js';

/** Which links there are by an entry's name: one, or as many as its `count` says. */
export class PlaceSets {
  readonly faults: Fault[] = [];
  readonly #links: Readonly<Record<string, LinkEntry>>;
  readonly #source: YamlSource;

  constructor(links: Readonly<Record<string, LinkEntry>>, source: YamlSource) {
    this.#links = links;
    this.#source = source;
  }

  countOf(entry: string): number {
    return this.#links[entry]?.count ?? 1;
  }

  /** Name of the i-th link of an entry; they are taken in turn. */
  linkName(entry: string, index: number): string {
    const count = this.countOf(entry);
    return count === 1 ? entry : `${entry}/${(index % count) + 1}`;
  }

  /** The link that the i-th of something is behind; undefined for the root. */
  placeOf(below: string | undefined, index: number): string | undefined {
    return below === undefined ? undefined : this.linkName(below, index);
  }

  /** Adds a fault where an entry names a link that is not there. */
  check(below: string | undefined, path: Path): void {
    if (below === undefined || this.#links[below] !== undefined) return;
    const names = this.#source.keysOf(['links']);
    const allowed = names.length === 0 ? 'names under links' : listOf(names);
    this.faults.push(this.#source.faultAt(path, `no such link, found ${JSON.stringify(below)}, allowed: ${allowed}`));
  }

  /** Entries ordered so that each comes after the one that it is behind; a fault for each that is behind itself. */
  ordered(): readonly string[] {
    const order: string[] = [];
    const visit = (entry: string, seen: readonly string[]) => {
      if (order.includes(entry)) return;
      const below = this.#links[entry]?.below;
      if (seen.includes(entry)) {
        const text = `behind itself, found ${[...seen, entry].join(' below ')}, allowed: a tree`;
        this.faults.push(this.#source.faultAt(['links', entry, 'below'], text));
        return;
      }
      if (below !== undefined && this.#links[below] !== undefined) visit(below, [...seen, entry]);
      if (!order.includes(entry)) order.push(entry);
    };
    for (const entry of this.#source.keysOf(['links'])) visit(entry, []);
    return order;
  }
}
