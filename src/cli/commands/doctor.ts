import type { Command } from 'commander';
import { addFlags } from '../add-flags.js';
import { DOCTOR_FILE, DOCTOR_OPTIONS } from '../command-options.js';
import { namedFile } from '../named-file.js';
import type { Flags } from '../settings.js';

export function doctor(program: Command): void {
  const command = program
    .command('doctor')
    .summary('find out what would keep transfers from working here')
    .description(
      'Examines this host: interface and addresses, joins, a loop of a few datagrams with hop limit 0 through its firewall, ' +
        'MLD version and querier, bridge, MTU, socket buffers, batches, clock, state directory and disk. With a fleet file, as ' +
        'one of its servers: files, keys, what expires within 30 days. With the file of a receiver, an agent or a gateway: its ' +
        'interface, scope, port and state directory. Says of each finding why it matters and what mends ' +
        'it. Takes two seconds. Exits with 1 if something keeps a transfer from working.',
    )
    .argument('[file]', 'fleet file of a server, or the file of a receiver, an agent or a gateway');
  addFlags(command, { ...DOCTOR_FILE, ...DOCTOR_OPTIONS })
    .option('--json', 'print one JSON object per line on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast doctor\n  layercast doctor --interface eth0 -o firmware.img\n  layercast doctor fleet.yaml --json',
    )
    .action(async (path: string | undefined, flags: Flags) => {
      const { runDoctor } = await import('../actions/run-doctor.js');
      await runDoctor({ ...flags, config: namedFile(path, flags.config as string | undefined) });
    });
}
