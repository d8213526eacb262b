import type { CommandEntry } from './command-tree.js';

/**
 * The manual page of a command, with those below it that have no commands of their own, in the macros of man(7).
 *
 * @param date of the page, as `2026-01-31`
 */
function manualPage(
  entry: CommandEntry,
  { version, date }: { readonly version: string; readonly date: string },
): string {
  const { path, summary } = entry;
  const name = path.join('-');
  return [
    `.TH ${name.toUpperCase()} 1 ${date} "layercast ${version}" "User Commands"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(summary)}`,
    '.SH SYNOPSIS',
    ...[entry, ...entry.commands].flatMap(({ usage }) => [`.B ${escaped(usage)}`, '.br']),
    '.SH DESCRIPTION',
    escaped(entry.description),
    ...(path.length === 1 ? commandList(entry) : below(entry)),
    ...flagList(entry),
    ...textAfter(entry),
    ...(path.length === 1 ? [] : ['.SH SEE ALSO', '.BR layercast (1)']),
    '',
  ].join('\n');
}

/** The pages of a program: its own and one for each of its commands, by file name. */
export function manualPages(
  program: CommandEntry,
  about: { readonly version: string; readonly date: string },
): ReadonlyMap<string, string> {
  const entries = [program, ...program.commands];
  return new Map(entries.map((entry) => [`${entry.path.join('-')}.1`, manualPage(entry, about)]));
}

function commandList({ commands }: CommandEntry): readonly string[] {
  return [
    '.SH COMMANDS',
    ...commands.flatMap(({ path, summary }) => ['.TP', `.BR ${escaped(path.join('-'))} (1)`, escaped(summary)]),
  ];
}

function below({ commands }: CommandEntry): readonly string[] {
  return commands.flatMap((entry) => [
    `.SH ${entry.path.slice(1).join(' ').toUpperCase()}`,
    escaped(entry.description),
    ...definitions(entry),
    ...examples(entry.after),
  ]);
}

function flagList(entry: CommandEntry): readonly string[] {
  return entry.flags.length + entry.arguments.length === 0 ? [] : ['.SH OPTIONS', ...definitions(entry)];
}

function definitions(entry: CommandEntry): readonly string[] {
  const names = entry.arguments.map(({ name, help }) => [`<${name}>`, help] as const);
  const flags = entry.flags.map(({ written, help }) => [written, help] as const);
  return [...names, ...flags].flatMap(([term, help]) => ['.TP', `.B ${escaped(term)}`, escaped(help)]);
}

const EXAMPLES = /^Examples?:\n/;
const EXIT_CODES = /^Exit codes: /;

/** What help says after all else, each paragraph below the heading that manual pages have for it. */
function textAfter({ after }: CommandEntry): readonly string[] {
  const paragraphs = after === '' ? [] : after.split('\n\n');
  const examples = paragraphs.filter((text) => EXAMPLES.test(text));
  const codes = paragraphs.filter((text) => EXIT_CODES.test(text));
  const notes = paragraphs.filter((text) => !EXAMPLES.test(text) && !EXIT_CODES.test(text));
  return [
    ...codes.flatMap((text) => ['.SH EXIT STATUS', ...prose(text.replace(EXIT_CODES, ''))]),
    ...notes.flatMap((text, i) => [i === 0 ? '.SH NOTES' : '.PP', ...prose(text)]),
    ...examples.flatMap((text) => ['.SH EXAMPLES', ...verbatim(text.replace(EXAMPLES, ''))]),
  ];
}

function prose(text: string): readonly string[] {
  return text.split('\n').map(escaped);
}

function examples(after: string): readonly string[] {
  return after === '' ? [] : verbatim(after);
}

function verbatim(text: string): readonly string[] {
  return ['.nf', ...text.split('\n').map((line) => escaped(line.replace(/^ {2}/, ''))), '.fi'];
}

/** Text that troff shows as it is: a hyphen of a flag stays one, and no line is taken for a request. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
