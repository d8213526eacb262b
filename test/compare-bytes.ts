import { expect } from 'vitest';

/** Vitest compares arrays of bytes element by element: 1 MB takes it seconds, and a comparison of memory a millisecond. */
expect.addEqualityTesters([
  (one: unknown, other: unknown) => {
    if (!(one instanceof Uint8Array && other instanceof Uint8Array)) return undefined;
    // Buffers and plain arrays of the same bytes stay different things, and differences are shown as before.
    return one.constructor === other.constructor && Buffer.compare(one, other) === 0 ? true : undefined;
  },
]);
