// What the benchmarks say of themselves, for people at a terminal.

/** Terminals have 80 columns, and the last one stays free. */
const WIDTH = 79;

/** Whether a file of this folder is a benchmark: it exports `run`. */
export function isBenchmark(source: string): boolean {
  return /^export async function run\(/m.test(source);
}

/** What a benchmark measures, and which arguments it takes: the remark at the head of its file, and the comment above its `run`. */
export function helpOf(source: string): string {
  const head = /^(?:\/\/.*\n)*/.exec(source)![0].replace(/^\/\/ ?/gm, '');
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport async function run\(/.exec(source)?.[1] ?? '';
  const text = comment
    .replace(/^ *\* ?/gm, '')
    .replace(/^ *@param args /m, '\nArguments: ')
    .replace(/ *@returns.*/s, '')
    .replaceAll('`', '');
  return [...paragraphsOf(head), ...paragraphsOf(text)].map(folded).join('\n\n');
}

/** Texts between empty lines, each on one line. A point of a list begins a new one. */
function paragraphsOf(text: string): readonly string[] {
  return text
    .split(/\n\s*\n|\n(?=- )/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => paragraph !== '');
}

function folded(paragraph: string): string {
  const lines: string[] = [];
  for (const word of paragraph.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
