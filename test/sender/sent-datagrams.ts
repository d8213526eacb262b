import type { SendBatch } from '../../dist/base/ports.js';

/** The datagrams of batches, one by one. They are not copied. */
export function datagramsIn(batches: readonly SendBatch[]): readonly Uint8Array[] {
  return batches.flatMap(({ count, bytes, datagramBytes }) =>
    Array.from({ length: count }, (_, i) => bytes.subarray(i * datagramBytes, (i + 1) * datagramBytes)),
  );
}

/** The batch that holds one datagram. */
export function batchOfOne(bytes: Uint8Array): SendBatch {
  return { count: 1, bytes, datagramBytes: bytes.length };
}
