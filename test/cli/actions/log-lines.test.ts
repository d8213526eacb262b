import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../../dist/cli/actions/log-lines.js';

async function read(pieces: readonly string[]): Promise<(string | undefined)[]> {
  async function* stream() {
    yield* pieces;
  }
  const lines: (string | undefined)[] = [];
  for await (const some of linesOf(stream())) lines.push(...some);
  return lines;
}

describe('lines of a log', () => {
  it('are the same however the text is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'bc', '\n', '\n\n', 'd\ne', '')), async (pieces) => {
        const expected = pieces.join('').split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(await read(pieces)).toEqual(expected);
      }),
    );
  });

  it('that are too long are told, and not kept', async () => {
    const half = 'x'.repeat(600_000);
    expect(await read(['a\n', half, half, half, '\nb'])).toEqual(['a', undefined, 'b']);
    expect(await read([`${half}${half}\nb\n`])).toEqual([undefined, 'b']);
    expect(await read([half, half])).toEqual([undefined]);
  });
});
