import type { Command } from 'commander';

/**
 * What the program prints for command lines that ask for help or the version, by what is typed: `--help`, `config validate --help`, `--version`,
 * `-V`.
 */
export function readyTexts(program: Command, version: string): Readonly<Record<string, string>> {
  return { ...helpTexts(program, []), '--version': `${version}\n`, '-V': `${version}\n` };
}

function helpTexts(command: Command, path: readonly string[]): Readonly<Record<string, string>> {
  const below = command.commands.map((one) => helpTexts(one, [...path, one.name()]));
  return Object.assign({ [[...path, '--help'].join(' ')]: helpOf(command) }, ...below);
}

/** All that commander writes for `--help`, with what `addHelpText` has added. */
export function helpOf(command: Command): string {
  let written = '';
  const before = command.configureOutput();
  command.configureOutput({ writeOut: (text) => (written += text) });
  command.outputHelp();
  command.configureOutput(before);
  return written;
}
