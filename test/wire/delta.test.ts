import { describe, expect, it } from 'vitest';
import { deltaDescriptor } from '../../dist/wire/delta.js';
import { type Descriptor, objectTag } from '../../dist/wire/descriptor.js';
import { descriptorOf, recordVectors } from './descriptor-samples.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

const object = descriptorOf(recordVectors[0]!.descriptor);
const { described } = vectorsOf<{
  readonly described: {
    readonly sizeBytes: number;
    readonly blockCount: number;
    readonly sha256: string;
    readonly tag: string;
  };
}>('deltas');
const group = new Uint8Array(16).fill(0xff);

describe('the descriptor of a delta', () => {
  const delta: NonNullable<Descriptor['delta']> = {
    sizeBytes: described.sizeBytes,
    blockCount: described.blockCount,
    sha256: fromHex(described.sha256),
    blockRoot: new Uint8Array(32),
    channels: [{ group, port: 4242, intervalUs: 1000, startRatio: 0 }],
  };

  it('has the sizes, digests and channels of the delta, a name of its own, and all else of the object', () => {
    const found = deltaDescriptor({ ...object, delta });
    expect(found).toEqual({ ...object, ...delta, object: 'firmware/delta' });
    expect(deltaDescriptor(object)).toBeUndefined();
  });

  it('has the tag of the vectors, and leaves the tag of the object as it is', () => {
    expect(toHex(objectTag(deltaDescriptor({ ...object, delta })!))).toBe(described.tag);
    expect(toHex(objectTag({ ...object, delta }))).toBe(recordVectors[0]!.objectTag);
  });
});
