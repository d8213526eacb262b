/**
 * A datagram at most this far behind the highest sequence number can be told from a duplicate. 1024 datagrams are 50 ms at
 * 200 Mbit/s.
 */
const WINDOW_NUMBERS = 1024;
/**
 * A jump beyond this means that the server restarted (RFC 3550, appendix A.1, with room for long outages of fast channels).
 */
const MAX_LEAP = 2 ** 20;

/** What a sequence number says of its datagram. `late` also stands for a number too far away to be judged. */
export type Arrival = 'new' | 'late' | 'duplicate' | 'restart';

/**
 * Counts the lost datagrams of one channel of one server. Sequence numbers are modulo 2^32; they may wrap, arrive out of
 * order or twice, and restart. Nothing before the first number that arrived counts as lost.
 */
export class SequenceWindow {
  /** Datagrams that arrived, without duplicates made by the network. */
  receivedCount = 0;
  /** Datagrams that were sent, by their sequence numbers, and have not arrived. */
  get lostCount(): number {
    return this.#lostBefore + this.#span - this.#spanReceived;
  }

  readonly #seen = new Uint32Array(WINDOW_NUMBERS / 32);
  #highest = -1;
  /** Number of sequence numbers from the first of this run to the highest, both included. */
  #span = 0;
  #spanReceived = 0;
  #lostBefore = 0;
  /** The number that would confirm a jump: one stray datagram must not end a run. */
  #leapNext = -1;

  observe(sequence: number): Arrival {
    if (this.#highest < 0) {
      this.#begin(sequence);
      return 'new';
    }
    const ahead = (sequence - this.#highest) | 0;
    if (ahead > 0 && ahead <= MAX_LEAP) return this.#advance(sequence, ahead);
    if (ahead <= 0 && ahead > -WINDOW_NUMBERS) return this.#lookBack(sequence, -ahead);
    if (sequence === this.#leapNext) {
      this.#lostBefore = this.lostCount;
      this.#begin((sequence - 1) >>> 0);
      this.#advance(sequence, 1);
      return 'restart';
    }
    this.#leapNext = (sequence + 1) >>> 0;
    return 'late';
  }

  /** Begins a new run with the next number; what was sent until then does not count as lost. */
  interrupt(): void {
    this.#lostBefore = this.lostCount;
    this.#span = 0;
    this.#spanReceived = 0;
    this.#highest = -1;
  }

  #begin(sequence: number): void {
    this.#seen.fill(0);
    this.#highest = sequence;
    this.#span = 1;
    this.#spanReceived = 1;
    this.#leapNext = -1;
    this.#mark(sequence);
    this.receivedCount++;
  }

  #advance(sequence: number, ahead: number): Arrival {
    if (ahead >= WINDOW_NUMBERS) this.#seen.fill(0);
    else for (let i = 1; i < ahead; i++) this.#clear((this.#highest + i) >>> 0);
    this.#highest = sequence;
    this.#span += ahead;
    this.#spanReceived++;
    this.#mark(sequence);
    this.receivedCount++;
    return 'new';
  }

  #lookBack(sequence: number, behind: number): Arrival {
    // Numbers from before the run were never counted as lost, so their late arrival changes nothing.
    if (behind >= this.#span) return 'late';
    if (this.#isMarked(sequence)) return 'duplicate';
    this.#mark(sequence);
    this.#spanReceived++;
    this.receivedCount++;
    return 'late';
  }

  #mark(sequence: number): void {
    const bit = sequence % WINDOW_NUMBERS;
    this.#seen[bit >>> 5]! |= 1 << (bit & 31);
  }

  #clear(sequence: number): void {
    const bit = sequence % WINDOW_NUMBERS;
    this.#seen[bit >>> 5]! &= ~(1 << (bit & 31));
  }

  #isMarked(sequence: number): boolean {
    const bit = sequence % WINDOW_NUMBERS;
    return (this.#seen[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }
}
