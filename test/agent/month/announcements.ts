import type { AgentWatch } from '../../../dist/agent/ports.js';
import type { Finding } from '../../../dist/receiver/watch/findings.js';
import type { Prng } from '../../../dist/simulate/random/prng.js';
import type { Descriptor } from '../../../dist/wire/descriptor.js';
import type { Life } from './life.js';

const ANNOUNCE_US = 2e6;

/** What the fleet announces, and the watches that hear it: each at a phase of the announce interval of its own. */
export class Announcements {
  readonly #random: Prng;
  readonly #watches = new Set<ModelWatch>();
  #newest: Descriptor | undefined;

  constructor(random: Prng) {
    this.#random = random;
  }

  /** Whether anybody listens. */
  get areHeard(): boolean {
    return this.#watches.size > 0;
  }

  publish(descriptor: Descriptor): void {
    this.#newest = descriptor;
    for (const watch of this.#watches) this.#announce(watch, descriptor);
  }

  watch(life: Life): AgentWatch {
    const watch = new ModelWatch(life, (closed) => this.#watches.delete(closed));
    this.#watches.add(watch);
    if (this.#newest !== undefined) this.#announce(watch, this.#newest);
    return watch;
  }

  /** The power is cut: nobody listens any more. */
  cut(): void {
    this.#watches.clear();
  }

  #announce(watch: ModelWatch, descriptor: Descriptor): void {
    watch.announce(descriptor, this.#random.ratio() * ANNOUNCE_US);
  }
}

class ModelWatch implements AgentWatch {
  readonly isWaiting = false;
  readonly heardUs = () => undefined;
  announceIntervalUs = 0;
  readonly hear = () => undefined;
  readonly #life: Life;
  readonly #onClose: (watch: ModelWatch) => void;
  readonly #findings: Finding[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(life: Life, onClose: (watch: ModelWatch) => void) {
    this.#life = life;
    this.#onClose = onClose;
  }

  announce(descriptor: Descriptor, inUs: number): void {
    this.#life.at(inUs, () => {
      if (this.#isClosed) return;
      this.announceIntervalUs = ANNOUNCE_US;
      this.#findings.push({ kind: 'newest', descriptor, sources: [] });
      this.#wake();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onClose(this);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Finding> {
    for (;;) {
      const finding = this.#findings.shift();
      if (finding !== undefined) yield finding;
      else if (this.#isClosed) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
