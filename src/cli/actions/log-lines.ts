/** The longest event known is a descriptor of 32 channels and 255 servers, some 20 kB. A longer line does not belong to a log. */
const MAX_LINE = 2 ** 20;

/**
 * Splits pieces of text into lines, in bounded memory. A line longer than 1 MiB is not kept: it becomes undefined. Empty lines count,
 * as in editors.
 */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<readonly (string | undefined)[]> {
  let rest = '';
  let isTooLong = false;
  for await (const piece of pieces) {
    const parts = piece.split('\n');
    const lines: (string | undefined)[] = [];
    for (const [index, part] of parts.entries()) {
      rest = isTooLong ? '' : rest + part;
      isTooLong ||= rest.length > MAX_LINE;
      if (index === parts.length - 1) break;
      lines.push(isTooLong ? undefined : rest);
      [rest, isTooLong] = ['', false];
    }
    if (isTooLong) rest = '';
    yield lines;
  }
  if (isTooLong || rest !== '') yield [isTooLong ? undefined : rest];
}
