import type { Command } from 'commander';
import type { ListFlags } from '../actions/run-list.js';

export function list(program: Command): void {
  program
    .command('list')
    .summary('show what is announced here')
    .description(
      'Listens for a while and shows what is announced here: objects, versions, sizes, ladders and servers. With --key, ' +
        'says of each whether that key signed it; without, anyone may have announced it.',
    )
    .argument('[fleet]', 'only this fleet, which is heard sooner; by default all')
    .option('--key <pub.pem>', 'public key to check signatures with')
    .option('--wait <time>', 'listen for this long; by default 5 s')
    .option('--interface <if>', 'interface to join on; by default the first that is up')
    .option('--scope <scope>', 'scope to listen in; by default site')
    .option('--port <port>', 'port to listen on; by default 4242')
    .option('--hash <hash>', 'how fleets make groups of names; by default sha3-512')
    .option('--config <receiver.yaml>', 'file with these settings')
    .option('--json', 'print one JSON object per announcement')
    .addHelpText('after', '\nExamples:\n  layercast list\n  layercast list acme --key acme.pub --json')
    .action(async (fleet: string | undefined, flags: ListFlags) => {
      const { runList } = await import('../actions/run-list.js');
      await runList(fleet, flags);
    });
}
