import { DIGEST_BYTES, HEADER_BYTES } from '../base/limits.js';
import { DatagramType, type Header, writeHeader } from './header.js';

/** One run of block digests, with its path to the root in the signed descriptor (RFC 9162, section 2.1.3). */
export interface DigestRun {
  /** Digests of consecutive blocks, one after the other; `header.block` is the number of the run. */
  readonly leaves: Uint8Array;
  /** Siblings from the run's subtree up to the root. */
  readonly proof: readonly Uint8Array[];
}

/** A datagram with a run of block digests. Sequence, send time and marks are filled in when it leaves. */
export function digestDatagram(object: Readonly<Header>, runIndex: number, run: DigestRun): Uint8Array {
  const datagram = new Uint8Array(HEADER_BYTES + run.leaves.length + run.proof.length * DIGEST_BYTES);
  const leafCount = run.leaves.length / DIGEST_BYTES;
  writeHeader({ ...object, type: DatagramType.digests, block: runIndex, esi: leafCount }, datagram, 0);
  datagram.set(run.leaves, HEADER_BYTES);
  for (const [i, sibling] of run.proof.entries()) {
    datagram.set(sibling, HEADER_BYTES + run.leaves.length + i * DIGEST_BYTES);
  }
  return datagram;
}

/**
 * Splits a payload into digests and proof (copies); undefined if its length does not fit the number of digests in
 * `header.esi`.
 */
export function readDigestRun(
  header: Readonly<Header>,
  bytes: Uint8Array,
  start: number,
  length: number,
): DigestRun | undefined {
  const leavesEnd = header.esi * DIGEST_BYTES;
  if (leavesEnd === 0 || leavesEnd > length || length % DIGEST_BYTES !== 0) return undefined;
  const payload = Uint8Array.from(bytes.subarray(start, start + length));
  const proof: Uint8Array[] = [];
  for (let at = leavesEnd; at < length; at += DIGEST_BYTES) proof.push(payload.subarray(at, at + DIGEST_BYTES));
  return { leaves: payload.subarray(0, leavesEnd), proof };
}
