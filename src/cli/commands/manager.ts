import type { Command } from 'commander';
import { MANAGER_OPTIONS } from '../../options/manager-options.js';
import { addFlags, addQuiet, addVerbose } from '../add-flags.js';
import { MANAGER_FILE } from '../command-options.js';
import { namedFile } from '../named-file.js';
import { outliveHangup } from '../outlive-hangup.js';
import type { Flags } from '../settings.js';

export function manager(program: Command): void {
  const command = program
    .command('manager')
    .summary('know the devices of a fleet, and trigger them')
    .description(
      'Stays, and knows devices: layercast agent registers here by CoAP, and says what it has. Devices behind a NAT or asleep are triggered ' +
        'when they are heard. By HTTP, /devices lists them, /counts counts them, /events tells what changes, and POST to /triggers has them look ' +
        'for new versions. What is known stays over restarts. SIGHUP reads the manager file again.',
    )
    .argument('[manager.yaml]', 'manager file');
  addFlags(command, { ...MANAGER_FILE, ...MANAGER_OPTIONS });
  addVerbose(addQuiet(command), 'what becomes of each trigger')
    .addHelpText('after', '\nExample:\n  layercast manager manager.yaml')
    .action(async (path: string | undefined, flags: Flags) => {
      outliveHangup();
      const { runManager } = await import('../actions/run-manager.js');
      await runManager({ ...flags, config: namedFile(path, flags.config as string | undefined) });
    });
}
