import { expect, test } from 'vitest';
import { SEND_BUFFER_BYTES, sendBufferBytes } from '../../dist/net/send-buffer.js';

test.each([
  [10e3, 32_768],
  [1e6, 32_768],
  [20e6, 250_000],
  [1e9, SEND_BUFFER_BYTES],
  [undefined, SEND_BUFFER_BYTES],
])('a channel of %s bit/s has %d bytes of kernel memory: a tenth of a second, within bounds', (rate, bytes) => {
  expect(sendBufferBytes(rate)).toBe(bytes);
});
