/** Objects of up to this many symbols (10 MB in symbols of 1184 bytes) are one block, because one block has the least overhead. */
const SINGLE_BLOCK_SYMBOLS = 8448;
/** Block sizes of longer objects, the largest first. */
const STEPS = [
  { aboveSymbolCount: 2 ** 22, blockSymbols: 20_480 },
  { aboveSymbolCount: SINGLE_BLOCK_SYMBOLS, blockSymbols: 16_384 },
] as const;
/** 20,480 symbols of 1220 bytes. Encoder and decoder hold one block, and several times its size beside it. */
const MAX_BLOCK_BYTES = 25e6;
/** Without a code, a block is only the unit that a receiver verifies. */
const UNCODED_BLOCK_SYMBOLS = 1024;

/**
 * The most symbols that a block of an object should have, if the fleet file does not say.
 *
 * With B blocks of k symbols and a loss ratio p, a receiver has to wait for the unluckiest block. This costs an overhead of about
 * √(2·ln B·k·p) / k beyond the code's own. At 10 % loss that is 0.5 % for 100 MB and 0.7 % for 1 GB in blocks of 16,384, and
 * 0.7 % for 10 GB in blocks of 20,480; blocks of 1024 would cost 2.9 to 4.2 %. Larger blocks take the same time per byte to decode,
 * but more memory: a receiver's thread grew by 77 MB over decoding blocks of 16,384 symbols, and by 170 MB with 32,768.
 */
export function automaticBlockSymbols(code: 'raptorq' | 'none', symbolCount: number, symbolBytes: number): number {
  if (code === 'none') return UNCODED_BLOCK_SYMBOLS;
  const step = STEPS.find(({ aboveSymbolCount }) => symbolCount > aboveSymbolCount);
  return Math.min(step?.blockSymbols ?? SINGLE_BLOCK_SYMBOLS, Math.floor(MAX_BLOCK_BYTES / symbolBytes));
}
