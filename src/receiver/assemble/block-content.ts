/** A symbol kept in memory because its block has no place left for it. */
export interface SpareSymbol {
  readonly esi: number;
  /** The number of the key that proves it. */
  readonly key: number;
  readonly bytes: Uint8Array;
}

/** The symbols of a block that has to be solved. */
export interface BlockContent {
  /** ESI of the symbol in each of the block's places; −1 for none. */
  readonly esis: Int32Array;
  readonly spares: readonly SpareSymbol[];
}

/** The result of proving a block: it has the signed digest, it does not have it, or its symbols do not determine it. */
export type Outcome = 'genuine' | 'wrong' | 'unsolved';
