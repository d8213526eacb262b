/**
 * Bytes of pieces that wait for others of their record, with what it costs to keep them. Genuine servers seldom send pieces of two records at
 * once, and the longest record takes 82 kB, so this leaves room for forged ones: to push a genuine record out, a stranger has to send 2000 of them
 * between its first piece and its last, or 5000 small ones.
 */
const MAX_BYTES = 4 * 2 ** 20;
/** What a set and a piece take beside the bytes of the pieces: objects of JavaScript, roughly. */
const SET_BYTES = 500;
const PIECE_BYTES = 300;

/** The pieces of what is to become one record, by their numbers. */
type PieceSet = Map<number, Uint8Array>;

/** Pieces of records that wait for the others. When they take too much memory, the set that was begun first has to go. */
export class PieceSets {
  readonly #sets = new Map<string, PieceSet>();
  #bytes = 0;

  /**
   * Adds a copy of a piece to a set, unless the set has one of this number.
   *
   * @param index number of the piece
   * @param pieceCount how many pieces the set is to have
   * @returns all pieces together, if this one was the last; the set is gone then
   */
  add(key: string, index: number, piece: Uint8Array, pieceCount: number): Uint8Array | undefined {
    const set = this.#sets.get(key) ?? this.#begin(key);
    if (set.has(index)) return undefined;
    set.set(index, new Uint8Array(piece));
    this.#bytes += PIECE_BYTES + piece.length;
    if (set.size === pieceCount) {
      this.#drop(key, set);
      return joined(set);
    }
    for (const [oldKey, old] of this.#sets) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#drop(oldKey, old);
    }
    return undefined;
  }

  #begin(key: string): PieceSet {
    const set: PieceSet = new Map();
    this.#sets.set(key, set);
    this.#bytes += SET_BYTES;
    return set;
  }

  #drop(key: string, set: PieceSet): void {
    this.#sets.delete(key);
    this.#bytes -= SET_BYTES;
    for (const { length } of set.values()) this.#bytes -= PIECE_BYTES + length;
  }
}

function joined(set: PieceSet): Uint8Array {
  const whole = new Uint8Array([...set.values()].reduce((sum, { length }) => sum + length, 0));
  for (let index = 0, at = 0; index < set.size; index++) {
    const piece = set.get(index)!;
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
