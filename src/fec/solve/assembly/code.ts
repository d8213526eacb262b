// The code of the block that is planned: the numbers of `BlockCode` (src/fec/code.ts). AssemblyScript, as all of this folder.

export let sourceCount: i32 = 0;
export let paddedCount: i32 = 0;
export let systematicIndex: i32 = 0;
export let ldpcCount: i32 = 0;
export let hdpcCount: i32 = 0;
export let ltCount: i32 = 0;
export let permanentPrime: i32 = 0;
export let permanentCount: i32 = 0;
export let intermediateCount: i32 = 0;

/** Everything from here on is about blocks with this code. */
export function setCode(source: i32, padded: i32, index: i32, ldpc: i32, hdpc: i32, lt: i32, prime: i32): void {
  sourceCount = source;
  paddedCount = padded;
  systematicIndex = index;
  ldpcCount = ldpc;
  hdpcCount = hdpc;
  ltCount = lt;
  permanentPrime = prime;
  intermediateCount = padded + ldpc + hdpc;
  permanentCount = intermediateCount - lt;
}

/** The symbol's number in the padded block (ISI; RFC 6330, section 5.3.1). */
export function internalId(esi: i32): i32 {
  return esi < sourceCount ? esi : esi + paddedCount - sourceCount;
}
