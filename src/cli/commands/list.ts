import type { Command } from 'commander';
import { addFlags } from '../add-flags.js';
import { LIST_OPTIONS, RECEIVER_FILE } from '../command-options.js';
import type { Flags } from '../settings.js';

export function list(program: Command): void {
  const command = program
    .command('list')
    .summary('show what is announced here')
    .description(
      'Listens for a while and shows what is announced here: objects, versions, sizes, ladders and servers. With --key, ' +
        'it shows for each object whether that key signed it. Without --key, anyone may have announced them.',
    )
    .argument('[fleet]', 'only this fleet, which takes less time; by default all');
  addFlags(command, { ...LIST_OPTIONS, ...RECEIVER_FILE })
    .option('--json', 'print one JSON object per announcement')
    .addHelpText('after', '\nExamples:\n  layercast list\n  layercast list acme --key acme.pub --json')
    .action(async (fleet: string | undefined, flags: Flags) => {
      const { runList } = await import('../actions/run-list.js');
      await runList(fleet, flags);
    });
}
