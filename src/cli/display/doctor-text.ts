import type { Finding, Severity } from '../../doctor/finding.js';

const LABELS: Readonly<Record<Severity, string>> = { ok: 'ok', note: 'note', warning: 'warning', failure: 'FAILURE' };
const COLUMN = 9;
/** Terminals have 80 columns, and the last one stays free. */
const WIDTH = 79 - COLUMN;

/** What the checks found, for people: a line for what is right, and what, why and remedy for what is not; the sum at the end. */
export function doctorText(findings: readonly Finding[]): string {
  return [...findings.flatMap(linesOf), '', summaryOf(findings), ''].join('\n');
}

function linesOf({ check, severity, message, why, remedy }: Finding): readonly string[] {
  const more = [why, remedy === undefined ? undefined : `→ ${remedy}`];
  const [first = '', ...rest] = [`${check}: ${message}`, ...more].flatMap((text) =>
    text === undefined ? [] : folded(text),
  );
  return [LABELS[severity].padEnd(COLUMN) + first, ...rest.map((line) => ' '.repeat(COLUMN) + line)];
}

/** A text in lines of at most `WIDTH` characters, unless a word is longer. */
function folded(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function summaryOf(findings: readonly Finding[]): string {
  const [failures, warnings] = (['failure', 'warning'] as const).map(
    (severity) => findings.filter((finding) => finding.severity === severity).length,
  );
  const counts = `${counted(failures!, 'failure')}, ${counted(warnings!, 'warning')}`;
  if (failures! > 0) return `${counts}: transfers will not work here until the failures are mended`;
  return warnings! > 0 ? `${counts}: transfers can work here` : 'Nothing keeps transfers from working here.';
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
