import type { Command } from 'commander';
import { addFlags } from '../add-flags.js';
import { CACHE_OPTIONS, CLEAN_OPTIONS } from '../command-options.js';
import type { Flags } from '../settings.js';

export function cache(program: Command): void {
  const group = program
    .command('cache')
    .summary('show and remove what is kept between runs')
    .description(
      'Shows what the state directory holds between runs, and removes what is made again when it is needed.',
    );
  const show = group
    .command('show')
    .summary('show what is kept')
    .description(
      'Shows how many files the state directory holds for each purpose, how much room they take, and whether "clean" removes them.',
    );
  addFlags(show, CACHE_OPTIONS)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  layercast cache show')
    .action(async (flags: Flags) => {
      const { runShow } = await import('../actions/run-cache.js');
      await runShow(flags);
    });
  const clean = group
    .command('clean')
    .summary('remove what is made again')
    .description(
      'Removes hashes, intermediate symbols and deltas of files: servers make them again when they start, which takes longer then. ' +
        'Keeps keys, progress of fetches, versions that were received, and trusted roots. No server may be using the directory.',
    );
  addFlags(clean, CLEAN_OPTIONS)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  layercast cache clean --unused-for 30d --state state')
    .action(async (flags: Flags) => {
      const { runClean } = await import('../actions/run-cache.js');
      await runClean(flags);
    });
}
