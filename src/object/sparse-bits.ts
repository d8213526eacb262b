/** Numbers that one word of the table stands for. */
const WORD_BITS = 32;
const MIN_CAPACITY = 8;
/** A fuller table is doubled, and is then at least 2/5 full: 20 bytes for each word, 0.6 bytes for each bit of full words. */
const MAX_LOAD = 4 / 5;
/** An emptier table is made smaller. */
const MIN_LOAD = 1 / 5;
/** 2^32 divided by the golden section (Knuth, TAOCP 3, 6.4), and the second multiplier of MurmurHash3. */
const HASH_HOME = 0x9e3779b1;
const HASH_STEP = 0xc2b2ae35;

/**
 * A set of whole numbers from 0 to 2^31 − 1: a hash table of bitmaps of 32 numbers each. Its memory depends on how many numbers
 * the set has, not on how large they are: at most 20 bytes for a number without neighbours, 0.25 to 0.6 bytes for each of many
 * consecutive numbers.
 */
export class SparseBits {
  /** Key + 1 of each entry of the table; 0 where the entry is empty. */
  #keys = new Int32Array(MIN_CAPACITY);
  #words = new Uint32Array(MIN_CAPACITY);
  /** Entries with a key, those whose word has become zero included. */
  #usedCount = 0;
  /** Words that are not zero. */
  #wordCount = 0;

  /** Bytes of the table. */
  get memoryBytes(): number {
    return this.#keys.byteLength + this.#words.byteLength;
  }

  has(value: number): boolean {
    const at = this.#find(value >>> 5);
    return this.#keys[at] !== 0 && (this.#words[at]! & (1 << (value & (WORD_BITS - 1)))) !== 0;
  }

  add(value: number): void {
    const key = value >>> 5;
    let at = this.#find(key);
    if (this.#keys[at] === 0) {
      if (this.#usedCount + 1 > this.#keys.length * MAX_LOAD) {
        this.#rebuild(this.#wordCount + 1);
        at = this.#find(key);
      }
      this.#keys[at] = key + 1;
      this.#usedCount++;
    }
    if (this.#words[at] === 0) this.#wordCount++;
    this.#words[at]! |= 1 << (value & (WORD_BITS - 1));
  }

  delete(value: number): void {
    const at = this.#find(value >>> 5);
    if (this.#keys[at] === 0 || this.#words[at] === 0) return;
    this.#words[at]! &= ~(1 << (value & (WORD_BITS - 1)));
    if (this.#words[at] !== 0) return;
    // The key stays until the table is rebuilt, so that keys which were put in later entries because of it are still found.
    this.#wordCount--;
    if (this.#keys.length > MIN_CAPACITY && this.#wordCount < this.#keys.length * MIN_LOAD)
      this.#rebuild(this.#wordCount);
  }

  /** The entry that has this key, or the empty one where the key belongs. */
  #find(key: number): number {
    const mask = this.#keys.length - 1;
    // Each key has its own step, so that keys chosen to have the same first entry do not try the same further ones. The step is odd,
    // so that it leads through all entries.
    const step = (Math.imul(key, HASH_STEP) >>> 7) | 1;
    let at = (Math.imul(key, HASH_HOME) >>> 8) & mask;
    while (this.#keys[at] !== 0 && this.#keys[at] !== key + 1) at = (at + step) & mask;
    return at;
  }

  /** Makes the table as large as `wordCount` words need, and forgets keys whose word is zero. */
  #rebuild(wordCount: number): void {
    let capacity = MIN_CAPACITY;
    while (wordCount > capacity * MAX_LOAD) capacity *= 2;
    const [keys, words] = [this.#keys, this.#words];
    this.#keys = new Int32Array(capacity);
    this.#words = new Uint32Array(capacity);
    this.#usedCount = 0;
    for (let i = 0; i < keys.length; i++) {
      if (words[i] === 0) continue;
      const at = this.#find(keys[i]! - 1);
      this.#keys[at] = keys[i]!;
      this.#words[at] = words[i]!;
      this.#usedCount++;
    }
  }
}
