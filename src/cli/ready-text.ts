import { readFileSync } from 'node:fs';

/** File of the texts, beside this one; `scripts/manual.mjs` makes it from the commands. */
export const READY_FILE = 'ready-texts.json';

/**
 * What a command line prints that only asks for help or the version, without the modules of any command: loading them takes half of the time that
 * an empty program takes. Undefined for every other command line, and where the build made no texts.
 *
 * @param args what was typed after the program's name
 */
export function readyTextFor(args: readonly string[]): string | undefined {
  const asked = args.at(-1);
  if (asked === undefined || !['-h', '--help', '-V', '--version'].includes(asked)) return undefined;
  const line = [...args.slice(0, -1), asked === '-h' ? '--help' : asked].join(' ');
  const texts = readyTexts();
  return Object.hasOwn(texts, line) ? texts[line] : undefined;
}

function readyTexts(): Readonly<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(new URL(`./${READY_FILE}`, import.meta.url), 'utf8'));
  } catch {
    return {};
  }
}
