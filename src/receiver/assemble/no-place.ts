/** Why a symbol that has arrived gets no place. Places are 0 and up, so one number can be either a place or one of these. */
export const NoPlace = {
  /** The receiver has the symbol, or its block is verified or is being proven. */
  known: -1,
  /** The places of the block are taken and do not determine it, so the symbol is kept in memory as a spare. */
  spare: -2,
  /** The block was wrong although all its symbols were proven, and another key has to fill it alone now. */
  unwelcome: -3,
} as const;
