import { listOf } from '../base/units.js';
import type { Fault } from '../config/faults.js';
import type { Path, YamlSource } from '../config/yaml-source.js';
import { ROOT } from '../simulate/index.js';
import type { LinkEntry } from './scenario-schema.js';

/** The links of a scenario by the names of their entries. An entry stands for one link, or for as many as its `count` says. */
export class LinkTree {
  /** Names of entries, each after the entry that it is below. */
  readonly order: readonly string[];
  /** A map, because names such as `constructor` are properties of every object. */
  readonly #entries: ReadonlyMap<string, LinkEntry>;
  readonly #source: YamlSource;
  readonly #faults: Fault[] = [];

  constructor(entries: Readonly<Record<string, LinkEntry>>, source: YamlSource) {
    this.#entries = new Map(Object.entries(entries));
    this.#source = source;
    this.order = this.#sorted();
    if (this.#entries.has(ROOT)) {
      const text = `the name of the top of the tree, found ${JSON.stringify(ROOT)}, allowed: any other name`;
      this.#faults.push(source.faultAt(['links', ROOT], text, 'key'));
    }
  }

  /** Entries that are below themselves or called as the root is, and what `expect` found. */
  get faults(): readonly Fault[] {
    return this.#faults;
  }

  countOf(entry: string): number {
    return this.#entries.get(entry)?.count ?? 1;
  }

  /** Name of the i-th link of an entry. After the last link the first follows again. */
  linkName(entry: string, index: number): string {
    const count = this.countOf(entry);
    return count === 1 ? entry : `${entry}/${(index % count) + 1}`;
  }

  /** Name of the link that the i-th host or link of some entry is below; undefined for the root. */
  linkAbove(below: string | undefined, index: number): string | undefined {
    return below === undefined ? undefined : this.linkName(below, index);
  }

  /** Whether some link between the root and what is below an entry has a rate, away from the root or towards it. */
  isLimited(entry: string | undefined, direction: 'down' | 'up'): boolean {
    // An entry that is below itself has a fault of its own.
    const seen = new Set<string>();
    for (let at = entry; at !== undefined && !seen.has(at); at = this.#entries.get(at)?.below) {
      seen.add(at);
      // What is written counts: a rate that is none has a fault of its own, and a model of a link needs one.
      const written = this.#source.keysOf(direction === 'down' ? ['links', at] : ['links', at, 'up']);
      if (written.includes('rate') || written.includes('link')) return true;
    }
    return false;
  }

  /** Adds a fault if there is no entry that a setting names. */
  expect(below: string | undefined, path: Path): void {
    if (below === undefined || this.#entries.has(below)) return;
    const names = this.#source.keysOf(['links']);
    const allowed = names.length === 0 ? 'names under links' : listOf(names);
    this.#faults.push(this.#source.faultAt(path, `no such link, found ${JSON.stringify(below)}, allowed: ${allowed}`));
  }

  #sorted(): readonly string[] {
    const order: string[] = [];
    const visit = (entry: string, seen: readonly string[]) => {
      if (order.includes(entry)) return;
      const below = this.#entries.get(entry)?.below;
      if (seen.includes(entry)) {
        const text = `behind itself, found ${[...seen, entry].join(' below ')}, allowed: a tree`;
        this.#faults.push(this.#source.faultAt(['links', entry, 'below'], text));
        return;
      }
      if (below !== undefined && this.#entries.has(below)) visit(below, [...seen, entry]);
      if (!order.includes(entry)) order.push(entry);
    };
    for (const entry of this.#source.keysOf(['links'])) visit(entry, []);
    return order;
  }
}
