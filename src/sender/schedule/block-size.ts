/** One block up to here, 10 MB in symbols of 1184 bytes: no overhead is as small as that of a single block. */
const SINGLE_BLOCK_SYMBOLS = 8448;
/** Blocks of objects of any more symbols than that, in the order of their size. */
const STEPS = [
  { aboveSymbolCount: 2 ** 22, blockSymbols: 20_480 },
  { aboveSymbolCount: SINGLE_BLOCK_SYMBOLS, blockSymbols: 16_384 },
] as const;
/** 20,480 symbols of 1220 bytes. Encoder and decoder hold one block and several times as much beside it. */
const MAX_BLOCK_BYTES = 25e6;
/** Without a code, a block is no more than what is verified at a time. */
const UNCODED_BLOCK_SYMBOLS = 1024;

/**
 * The most symbols that a block of an object should have, when the fleet file leaves it open.
 *
 * With B blocks of k symbols and a loss ratio p, a receiver is done when the unluckiest block is: overhead about
 * √(2·ln B·k·p) / k beyond the code's own. At 10 % loss that is 0.5 % for 100 MB and 0.7 % for 1 GB in blocks of 16,384, and
 * 0.7 % for 10 GB in blocks of 20,480; blocks of 1024 would cost 2.9 to 4.2 %. Larger blocks decode as fast, byte for byte,
 * but cost memory: a receiver's thread grew by 77 MB over decoding blocks of 16,384 symbols, and by 170 MB with 32,768.
 */
export function automaticBlockSymbols(code: 'raptorq' | 'none', symbolCount: number, symbolBytes: number): number {
  if (code === 'none') return UNCODED_BLOCK_SYMBOLS;
  const step = STEPS.find(({ aboveSymbolCount }) => symbolCount > aboveSymbolCount);
  return Math.min(step?.blockSymbols ?? SINGLE_BLOCK_SYMBOLS, Math.floor(MAX_BLOCK_BYTES / symbolBytes));
}
