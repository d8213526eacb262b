import type { Command } from 'commander';
import { type OptionTable, writtenDefaultOf } from '../options/option.js';
import { withWords } from './words.js';

/** Adds the flags of a table to a command, in the table's order, each with its help and default. */
export function addFlags(command: Command, table: OptionTable): Command {
  for (const option of Object.values(table)) {
    if (option.flag === undefined) continue;
    const written = writtenDefaultOf(option);
    const help = written === undefined ? option.help : `${option.help}; by default ${written}`;
    // A list is typed entry by entry, each with the flag.
    if (option.kind.form === 'classes' || option.kind.form === 'paths' || option.kind.form === 'urls')
      command.option(option.flag, help ?? '', added);
    else if (option.kind.form === 'choice')
      command.addOption(withWords(command.createOption(option.flag, help), option.kind.words));
    else command.option(option.flag, help);
  }
  return command;
}

/** Adds `-q` to a command that tells people more than errors and its result. */
export function addQuiet(command: Command): Command {
  return command.option('-q, --quiet', 'print only errors and the result');
}

/** Adds `-v` to a command that decides. @param what it prints then */
export function addVerbose(command: Command, what: string): Command {
  return command.option('-v, --verbose', `also print ${what}`);
}

function added(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
