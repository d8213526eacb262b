import type { Command } from 'commander';
import { type OptionTable, writtenDefaultOf } from '../options/option.js';

/** Adds the flags of a table to a command, in the table's order, each with its help and default. */
export function addFlags(command: Command, table: OptionTable): Command {
  for (const option of Object.values(table)) {
    if (option.flag === undefined) continue;
    const written = writtenDefaultOf(option);
    command.option(option.flag, written === undefined ? option.help : `${option.help}; by default ${written}`);
  }
  return command;
}
