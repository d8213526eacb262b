import type { Command } from 'commander';
import { RECEIVER_OPTIONS } from '../../options/receiver-options.js';
import { addFlags, addQuiet, addVerbose } from '../add-flags.js';
import { IOTUPD_OPTIONS, RECEIVER_FILE } from '../command-options.js';
import { leaveStandardOutput } from '../json/print-event.js';
import type { Flags } from '../settings.js';
import { WATCHING_OPTIONS } from '../watching.js';

export function fetch(program: Command): void {
  const command = program
    .command('fetch')
    .summary('receive an object into a file, a folder or a pipe')
    .description(
      'Receives the newest version of an object that its fleet announces. It checks the signature, joins channels, writes ' +
        'each piece at its offset in the file, whichever server sent it, verifies the file, and renames it to FILE in one ' +
        'step. With -o -, it writes the verified bytes in order to standard output. After an interruption, run the command ' +
        'again: it continues where it stopped.',
    )
    .argument('<fleet/object>', 'what to receive; or iotupd://[GROUP]:PORT or iotupd://NAME, from servers of iotupd');
  addFlags(command, { ...RECEIVER_OPTIONS, ...RECEIVER_FILE, ...WATCHING_OPTIONS, ...IOTUPD_OPTIONS })
    .option('--device', 'the output is a block device, which is overwritten in place')
    .option('--json', 'print one JSON object per line on stdout; on stderr with -o -')
    // Faults of other flags, too, must not get into what reads the object.
    .on('option:output', (output: string) => {
      if (output === '-') leaveStandardOutput();
    });
  addVerbose(addQuiet(command), 'each join and leave, with its reason')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast fetch acme/firmware --key acme.pub -o firmware.img\n' +
        '  layercast fetch acme/maps --key acme.pub -o maps.bin --max-rate 5Mbit\n' +
        '  layercast fetch acme/maps --key acme.pub -o - | sha256sum',
    )
    .action(async (what: string, flags: Flags) => {
      if (what.startsWith('iotupd:')) {
        const { runFetchIotupd } = await import('../actions/run-fetch-iotupd.js');
        await runFetchIotupd(what, flags);
      } else {
        const { runFetch } = await import('../actions/run-fetch.js');
        await runFetch(what, flags);
      }
    });
}
