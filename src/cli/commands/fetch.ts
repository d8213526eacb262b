import type { Command } from 'commander';
import type { FetchFlags } from '../actions/run-fetch.js';

export function fetch(program: Command): void {
  program
    .command('fetch')
    .summary('receive an object into a file')
    .description(
      'Receives the newest version of an object that its fleet announces. It checks the signature, joins channels, writes ' +
        'each piece at its offset in the file, whichever server sent it, verifies the file, and puts it in its place in ' +
        'one step. After any interruption, run it again: it goes on where it was.',
    )
    .argument('<fleet/object>', 'what to receive')
    .option('--key <pub.pem>', "the fleet's public key")
    .option('-o, --output <file>', 'file to write; standard output (-) is not possible')
    .option('--interface <if>', 'interface to join on; by default the first that is up')
    .option('--no-wait', 'end when the interface is missing, instead of waiting')
    .option('--mode <mode>', 'auto, best (one channel) or several (layers)')
    .option('--channels <list>', 'join exactly these channels, such as 0,1,2')
    .option('--max-rate <rate>', 'highest rate to join, such as 5Mbit')
    .option('--timeout <time>', 'give up after this many seconds, or 5min')
    .option('--patience <time>', 'give up when nothing is heard for this long; by\ndefault 30 s')
    .option('--scope <scope>', 'scope of the fleet file; by default site')
    .option('--port <port>', 'port of the fleet file; by default 4242')
    .option('--hash <hash>', 'hash of the fleet file; by default sha3-512')
    .option('--state <dir>', 'keep the journal here, not beside the file')
    .option('--config <receiver.yaml>', 'file with these settings')
    .option('--allow-rollback', 'accept a version older than one completed before')
    .option('--allow-expired', 'accept a version that has expired')
    .option('--json', 'print one JSON object per line on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast fetch acme/firmware --key acme.pub -o firmware.img\n' +
        '  layercast fetch acme/maps --key acme.pub -o maps.bin --max-rate 5Mbit',
    )
    .action(async (what: string, flags: FetchFlags) => {
      const { runFetch } = await import('../actions/run-fetch.js');
      await runFetch(what, flags);
    });
}
