import type { Finding } from '../receiver/watch/findings.js';
import type { Descriptor } from '../wire/descriptor.js';
import { AgentObject } from './agent-object.js';
import type { AgentEnd, AgentPlan } from './agent-plan.js';
import type { AgentStateEvent } from './events.js';
import { patternTest } from './object-pattern.js';
import { isUnfinished } from './object-state.js';
import type { AgentWorld, ObjectPlan } from './ports.js';
import { RefusedVersions } from './refused-versions.js';

/** The objects of one device: those of its journal, and each that the fleet announces and a subscription fits. */
export class DeviceObjects implements Iterable<AgentObject> {
  readonly #fleet: string;
  readonly #world: AgentWorld;
  readonly #plans: readonly { readonly plan: ObjectPlan; readonly fits: (name: string) => boolean }[];
  readonly #byName = new Map<string, AgentObject>();
  readonly #refused = new RefusedVersions();
  /** Names of the fleet's own objects: strangers cannot add to them. */
  readonly #useless = new Set<string>();
  #hasHeard = false;

  constructor({ fleet, objects }: AgentPlan, world: AgentWorld) {
    this.#fleet = fleet;
    this.#world = world;
    this.#plans = objects.map((each) => ({ plan: each, fits: patternTest(each.object) }));
  }

  /**
   * Takes over what an earlier life of the agent has left.
   *
   * @param retry whether versions whose program failed are tried once more
   * @throws {LayercastError} when the journal cannot be read or written
   */
  async load(retry: boolean): Promise<void> {
    const records = await this.#world.journal.load();
    for (const record of records) {
      const plan = this.#planOf(record.object);
      if (plan === undefined) continue;
      const object = new AgentObject(record.object, plan, this.#fleet, record, this.#world);
      this.#byName.set(record.object, object);
      if (retry) await object.retry();
    }
  }

  [Symbol.iterator](): Iterator<AgentObject> {
    return this.#byName.values();
  }

  /** Whether anything genuine of the fleet was heard in this life. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  get size(): number {
    return this.#byName.size;
  }

  lowestVersionOf(object: string): number {
    return this.#byName.get(object)?.lowestVersion ?? 0;
  }

  /** Bytes of whole packets that all transfers of this life have received. */
  get packetBytes(): number {
    return [...this].reduce((sum, { packetBytes }) => sum + packetBytes, 0);
  }

  /**
   * Gives a finding to its object, or makes one.
   *
   * @returns whether a subscription fits the object
   */
  hear(finding: Finding): boolean {
    const { kind, descriptor } = finding;
    const plan = this.#planOf(descriptor.object);
    if (plan === undefined) return false;
    if (kind !== 'foreign' && finding.isRecalled !== true) this.#hasHeard = true;
    // A version that is signed anew is as useless as before.
    if ((kind === 'newest' || kind === 'renewed') && this.#isUseless(descriptor)) return true;
    const { object: name } = descriptor;
    let object = this.#byName.get(name);
    const warning = this.#refused.note(finding, object?.knownVersion ?? 0);
    if (object === undefined) {
      // Strangers can announce any names; only the fleet's own make an object.
      if (warning !== undefined) this.#world.emit('warning', { object: name, ...warning });
      if (kind !== 'newest') return true;
      object = new AgentObject(name, plan, this.#fleet, undefined, this.#world);
      this.#byName.set(name, object);
    }
    object.hear(finding);
    return true;
  }

  /** The state of each object of which anything is known, by name. */
  describe(): readonly AgentStateEvent[] {
    const known = [...this].flatMap((object) => object.describe() ?? []);
    // Names are unique. To compare them by a language's rules would load its tables, which are 3 MB.
    return known.sort((a, b) => (a.object < b.object ? -1 : 1));
  }

  outcome(): AgentEnd {
    return {
      hasHeard: this.#hasHeard,
      unfinished: [...this].filter(({ state }) => isUnfinished(state)).map(({ name }) => name),
      errors: [...this.#refused.errors, ...[...this].flatMap(({ error }) => error ?? [])],
    };
  }

  /** Whether a version would be of no use here, which is said once of each object. */
  #isUseless(descriptor: Descriptor): boolean {
    const { object } = descriptor;
    const warning = this.#world.uselessnessOf?.(descriptor);
    if (warning !== undefined && !this.#useless.has(object)) this.#world.emit('warning', { object, ...warning });
    if (warning === undefined) this.#useless.delete(object);
    else this.#useless.add(object);
    return warning !== undefined;
  }

  #planOf(name: string): ObjectPlan | undefined {
    return this.#plans.find(({ fits }) => fits(name))?.plan;
  }
}
