/** Where a symbol that has come belongs, if it is not a place of the object (0 and up). */
export const Slot = {
  /** It is there, or its block is whole or being made whole. */
  known: -1,
  /** Every place is taken and the block is not solved: it helps from memory. */
  spare: -2,
  /** Its block has been wrong before, and whoever sent this may have been why. */
  unwelcome: -3,
} as const;
