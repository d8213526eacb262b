import { createHash } from 'node:crypto';

/** Different records that wait to be pushed, each of at most 64 kB. */
const MAX_RECORDS = 64;

interface Held {
  readonly bytes: Uint8Array;
  triggerCount: number;
}

/** Records that triggers push, each once for all its triggers. */
export class PushedRecords {
  readonly #byKey = new Map<string, Held>();

  /** Holds a record for one more trigger. @returns its key; undefined if there are too many records */
  take(bytes: Uint8Array): string | undefined {
    const key = createHash('sha256').update(bytes).digest('hex');
    const held = this.#byKey.get(key);
    if (held !== undefined) held.triggerCount++;
    else if (this.#byKey.size >= MAX_RECORDS) return undefined;
    else this.#byKey.set(key, { bytes, triggerCount: 1 });
    return key;
  }

  find(key: string): Uint8Array | undefined {
    return this.#byKey.get(key)?.bytes;
  }

  release(key: string): void {
    const held = this.#byKey.get(key);
    if (held === undefined) return;
    held.triggerCount--;
    if (held.triggerCount === 0) this.#byKey.delete(key);
  }
}
