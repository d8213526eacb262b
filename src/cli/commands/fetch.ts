import type { Command } from 'commander';
import type { FetchFlags } from '../run-fetch.js';

export function fetch(program: Command): void {
  program
    .command('fetch')
    .summary('receive an object into a file')
    .description(
      'Receives the newest version of an object that its fleet announces: checks the signature, joins channels, merges ' +
        'what arrives from whichever server by offset, verifies it, and gives it its name in one step. Run again after ' +
        'any interruption, it goes on where it was.',
    )
    .argument('<fleet/object>', 'what to receive')
    .option('--key <pub.pem>', "the fleet's public key")
    .option('-o, --output <file>', 'file to make')
    .option('--interface <if>', 'interface to join on; by default the first that is up')
    .option('--no-wait', 'end when the interface is missing, instead of waiting')
    .option('--mode <mode>', 'auto, best (one channel) or several (layers)')
    .option('--channels <list>', 'join exactly these channels, such as 0,1,2')
    .option('--max-rate <rate>', 'most to join at once, such as 5Mbit')
    .option('--timeout <time>', 'give up after this many seconds, or 5min')
    .option('--patience <time>', 'give up when nothing is heard for this long; by\ndefault 30 s')
    .option('--scope <scope>', 'scope in which the fleet announces; by default site')
    .option('--port <port>', 'port on which it announces; by default 4242')
    .option('--hash <hash>', 'how the fleet makes groups of names; by default\nsha3-512')
    .option('--state <dir>', 'keep the journal here, not beside the file')
    .option('--config <receiver.yaml>', 'file with these settings')
    .option('--allow-rollback', 'take a version older than one completed before')
    .option('--allow-expired', 'take a version that is past its date')
    .option('--json', 'print one JSON object per line on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast fetch acme/firmware --key acme.pub -o firmware.img\n' +
        '  layercast fetch acme/maps --key acme.pub -o maps.bin --max-rate 5Mbit',
    )
    .action(async (what: string, flags: FetchFlags) => {
      const { runFetch } = await import('../run-fetch.js');
      await runFetch(what, flags);
    });
}
