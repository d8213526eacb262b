import { readFileSync } from 'node:fs';

/** A block of code in a document. */
export interface CodeBlock {
  readonly file: string;
  /** Line of the first line of code, from 1. */
  readonly line: number;
  /** The word after the fence: `sh`, `js`, `yaml`, `ini`, …; empty for blocks that are only indented or name no language. */
  readonly language: string;
  readonly code: string;
  /** Why the block cannot be run: the reason in `<!-- not run: REASON -->` in the line above. */
  readonly notRun: string | undefined;
}

/** Every block of code of a Markdown file, fenced or indented by four spaces. */
export function blocksOf(path: string, file: string): CodeBlock[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const blocks: CodeBlock[] = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = /^```(\w*)$/.exec(lines[i]!);
    const isIndented = /^ {4}\S/.test(lines[i]!) && (lines[i - 1] ?? '').trim() === '';
    if (fence === null && !isIndented) continue;
    const start = fence === null ? i : i + 1;
    const inside = (line: string) => (fence === null ? /^( {4}|\s*$)/.test(line) : line !== '```');
    let end = start;
    while (end < lines.length && inside(lines[end]!)) end++;
    const code = lines.slice(start, end).map((line) => (fence === null ? line.slice(4) : line));
    const notRun = /^<!-- not run: (.+) -->$/.exec(lines[i - 1] ?? '')?.[1];
    blocks.push({ file, line: start + 1, language: fence?.[1] ?? '', code: `${code.join('\n').trimEnd()}\n`, notRun });
    i = end;
  }
  return blocks;
}

/** The command lines in the examples of a help text. */
export function helpExamples(help: string): string[] {
  const examples = /\nExamples?:\n((?: {2}.*\n?)+)/.exec(help)?.[1] ?? '';
  return examples.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}
