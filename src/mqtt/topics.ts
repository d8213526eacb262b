/** What a topic is about. */
export type TopicMeaning =
  | { readonly kind: 'release'; readonly object: string }
  | { readonly kind: 'proof' }
  | { readonly kind: 'command' };

/**
 * The MQTT topics of a fleet. A name is one level of a topic: `/`, `+`, `#` and `%` in it are percent-encoded, as in URLs.
 *
 * - `PREFIX/FLEET/OBJECT/release`: the signed record of the newest version
 * - `PREFIX/FLEET/proofs/N`: roots and catalogues that prove releases
 * - `PREFIX/FLEET/devices/ID/…`: `state`, `status`, `command`, `updates/OBJECT`
 */
export class FleetTopics {
  readonly #base: string;

  constructor(prefix: string, fleet: string) {
    this.#base = `${prefix}/${level(fleet)}`;
  }

  release(object: string): string {
    return `${this.#base}/${level(object)}/release`;
  }

  /** A filter for the releases of all objects. */
  get anyRelease(): string {
    return `${this.#base}/+/release`;
  }

  /** @param index from 0; roots in ascending order come first */
  proof(index: number): string {
    return `${this.#base}/proofs/${index}`;
  }

  /** A filter for all proofs. */
  get anyProof(): string {
    return `${this.#base}/proofs/+`;
  }

  /** @param leaf `state`, `status`, `command` or `updates/OBJECT` with the object as a level */
  device(id: string, leaf: string): string {
    return `${this.#base}/devices/${level(id)}/${leaf}`;
  }

  update(id: string, object: string): string {
    return this.device(id, `updates/${level(object)}`);
  }

  /** What a topic means to the device; undefined for a topic that does not concern the device. */
  meaningOf(topic: string, deviceId: string): TopicMeaning | undefined {
    if (topic === this.device(deviceId, 'command')) return { kind: 'command' };
    if (!topic.startsWith(`${this.#base}/`)) return undefined;
    const [first = '', second = '', ...others] = topic.slice(this.#base.length + 1).split('/');
    if (others.length > 0) return undefined;
    if (second === 'release') {
      const object = nameOf(first);
      return object === undefined ? undefined : { kind: 'release', object };
    }
    return first === 'proofs' && /^\d{1,3}$/.test(second) ? { kind: 'proof' } : undefined;
  }
}

/** A name as one level of a topic. */
export function level(name: string): string {
  return encodeURIComponent(name);
}

function nameOf(level: string): string | undefined {
  try {
    return decodeURIComponent(level);
  } catch {
    return undefined;
  }
}
