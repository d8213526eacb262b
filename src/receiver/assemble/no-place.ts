/** Why a symbol that has come gets no place of the object. Places are 0 and up, so both can be one number. */
export const NoPlace = {
  /** The symbol is there, or its block is whole or is being made whole. */
  known: -1,
  /** Every place of the block is taken and the block is not solved: the symbol is kept in memory and helps from there. */
  spare: -2,
  /** The block has been wrong before, and the sender of this symbol may have been the reason. */
  unwelcome: -3,
} as const;
