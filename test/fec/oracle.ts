import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Decoder, Encoder, initSync } from 'raptorq/raptorq.js';
import { type BlockCode, internalId } from '../../dist/fec/code.js';

/**
 * The npm package `raptorq`, an old WebAssembly build of a Rust implementation, for comparison. Its packet has one byte
 * of block number (zero here), three of symbol number, and the symbol. It numbers repair symbols as in the padded block.
 */
initSync(readFileSync(createRequire(import.meta.url).resolve('raptorq/raptorq_bg.wasm')));

export interface Symbol {
  readonly esi: number;
  readonly bytes: Uint8Array;
}

/** All source symbols and the first `repairCount` repair symbols of a block. */
export function oracleEncode(code: BlockCode, source: Uint8Array, repairCount: number): Symbol[] {
  const encoder = Encoder.with_defaults(source, source.length / code.sourceCount);
  const packets = encoder.encode(repairCount);
  encoder.free();
  return packets.map((packet) => {
    const id = packet[1]! * 65_536 + packet[2]! * 256 + packet[3]!;
    const esi = id < code.sourceCount ? id : id - (code.paddedCount - code.sourceCount);
    return { esi, bytes: packet.subarray(4) };
  });
}

/** The block, or undefined if the symbols did not determine it. */
export function oracleDecode(code: BlockCode, symbols: readonly Symbol[]): Uint8Array | undefined {
  const symbolBytes = symbols[0]!.bytes.length;
  const decoder = Decoder.with_defaults(BigInt(code.sourceCount * symbolBytes), symbolBytes);
  let block: Uint8Array | undefined;
  for (const { esi, bytes } of symbols) {
    const id = internalId(code, esi);
    block = decoder.decode(Uint8Array.of(0, id >>> 16, (id >>> 8) & 255, id & 255, ...bytes));
    if (block !== undefined) break;
  }
  decoder.free();
  return block;
}
