import type { Argument, Command, Option } from 'commander';
import type { Worded } from '../words.js';
import { helpOf } from './help-texts.js';

/** A flag of a command. */
export interface FlagEntry {
  /** `--max-rate`; undefined for a flag that has only a short form. */
  readonly long: string | undefined;
  /** `-o`. */
  readonly short: string | undefined;
  /** As help shows it: `-o, --output <file>`. */
  readonly written: string;
  readonly takesValue: boolean;
  /** What its value may be; empty if that is not a choice of words. */
  readonly words: readonly string[];
  readonly help: string;
}

export interface ArgumentEntry {
  readonly name: string;
  readonly help: string;
  /** As of a flag. */
  readonly words: readonly string[];
}

/** A command with what it takes, as completions and manual pages need it. */
export interface CommandEntry {
  /** `layercast config validate`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly description: string;
  /** As help shows it: `layercast fetch [options] <fleet/object>`. */
  readonly usage: string;
  readonly arguments: readonly ArgumentEntry[];
  readonly flags: readonly FlagEntry[];
  readonly commands: readonly CommandEntry[];
  /** What help says after all else: examples, exit codes. */
  readonly after: string;
}

/** Reads a command and those below it. */
export function commandTree(command: Command, above: readonly string[] = []): CommandEntry {
  const path = [...above, command.name()];
  const help = command.createHelp();
  const own = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  const names = help.visibleArguments(command);
  return {
    path,
    summary: command.summary() || command.description(),
    description: command.description(),
    usage: [...above, command.name(), command.usage()].join(' '),
    arguments: names.map((one) => ({ name: one.name(), help: one.description, words: wordsOf(one) })),
    flags: help.visibleOptions(command).map(flagEntry),
    commands: own.map((one) => commandTree(one, path)),
    after: textAfter(command),
  };
}

function flagEntry(option: Option): FlagEntry {
  const { long, short, flags, required, optional, description } = option;
  return {
    long: long ?? undefined,
    short: short ?? undefined,
    written: flags,
    takesValue: required || optional,
    words: wordsOf(option),
    help: description,
  };
}

function wordsOf(one: Argument | Option): readonly string[] {
  return 'words' in one ? (one as Worded).words : [];
}

/** What `addHelpText` has added, which commander only writes out. */
function textAfter(command: Command): string {
  return helpOf(command).slice(command.helpInformation().length).trim();
}
