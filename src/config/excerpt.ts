/** Terminals have 80 columns; the number of the line takes some of them. */
const WIDTH = 66;
/** Characters kept before a fault that stands far to the right. */
const BEFORE = 40;

/**
 * The line of a fault with its number, and a caret under its column, each as one text. Where that line is blank, such as at the end of
 * a file that lacks a bracket, the last text before the fault and a caret after it. Empty if there is no text. Long lines are cut
 * around the fault, and control characters replaced, so that each takes one line of a terminal.
 */
export function excerptOf(text: string, fault: { readonly line: number; readonly column: number }): readonly string[] {
  const lines = text.split(/\r?\n/, fault.line);
  const line = lines.findLastIndex((one) => one.trim() !== '') + 1;
  if (line === 0) return [];
  const source = lines[line - 1]!;
  const column = line === fault.line ? fault.column : [...source.trimEnd()].length + 1;
  const characters = [...source.replace(/\p{Cc}/gu, ' ')];
  const start = column - 1 > WIDTH ? column - 1 - BEFORE : 0;
  const shown = characters
    .slice(start, start + WIDTH)
    .join('')
    .trimEnd();
  const label = `${line} | `.padStart(8);
  const caret = `${' '.repeat(label.length - 2)}| ${' '.repeat(column - 1 - start)}^`;
  return [`${label}${shown}`, caret];
}
