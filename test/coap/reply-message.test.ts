import { expect, test } from 'vitest';
import { blockOption } from '../../dist/coap/block.js';
import { Code } from '../../dist/coap/code.js';
import { OptionNumber, Options } from '../../dist/coap/options.js';
import { answerOf } from '../../dist/coap/reply-message.js';

test('a body in memory is hashed once, however many pieces are asked for', async () => {
  const payload = new Uint8Array(5000).fill(1);
  const tagAt = async (index: number) => {
    const block = { index, hasMore: false, bytes: 16 } as const;
    const { signal } = new AbortController();
    const request = new Options([blockOption(OptionNumber.block2, block)]);
    const { options } = await answerOf({ code: Code.content, payload }, request, block, signal);
    return Buffer.from(new Options(options).bytes(OptionNumber.etag)!).toString('hex');
  };
  const first = await tagAt(0);
  // What nobody may do shows whether the body was hashed again.
  payload.fill(2);
  expect(await tagAt(1)).toBe(first);
});
