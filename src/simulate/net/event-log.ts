/** Number of last notes that are kept for people. The digest covers all events. */
const KEPT_NOTES = 1000;

/**
 * A digest of everything that happens in a simulation: two runs with the same digest did the same things at the same times.
 */
export class EventLog {
  /** The last notes, each with its time. */
  readonly notes: string[] = [];
  #count = 0;
  #low = 0x9e37_79b9;
  #high = 0x85eb_ca6b;

  /** Adds an event as numbers, for events that happen too often for text. */
  add(atUs: number, what: number, whom: number): void {
    this.#count++;
    this.#mix(atUs);
    this.#mix(atUs / 2 ** 32);
    this.#mix(what);
    this.#mix(whom);
  }

  /** Adds an event as text. */
  note(atUs: number, text: string): void {
    this.add(atUs, text.length, 0);
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
    this.notes.push(`${(atUs / 1e6).toFixed(6)} ${text}`);
    if (this.notes.length > KEPT_NOTES) this.notes.shift();
  }

  get eventCount(): number {
    return this.#count;
  }

  /** 64 bits over everything so far, in hexadecimal. */
  digest(): string {
    const words = [finish(this.#high ^ this.#count), finish(this.#low)];
    return words.map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  /** Two lanes of MurmurHash3's body (Appleby), with its constants for 32 and for 128 bits. */
  #mix(word: number): void {
    this.#low = Math.imul(rotate(this.#low ^ Math.imul(rotate(Math.imul(word, 0xcc9e_2d51), 15), 0x1b87_3593), 13), 5);
    this.#low = (this.#low + 0xe654_6b64) | 0;
    this.#high = Math.imul(
      rotate(this.#high ^ Math.imul(rotate(Math.imul(word, 0x239b_961b), 16), 0xab0e_9789), 19),
      5,
    );
    this.#high = (this.#high + this.#low + 0x561c_cd1b) | 0;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function finish(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2_ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
