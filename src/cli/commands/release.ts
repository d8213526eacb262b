import type { Command } from 'commander';
import type { ReleaseFlags } from '../actions/run-release.js';
import { FLEET_FILE_HELP } from '../fleet-file.js';

export function release(program: Command): void {
  program
    .command('release')
    .summary('tell an MQTT broker of the newest versions')
    .description(
      'Signs the newest version of each object of a fleet file, or takes its record, as layercast serve does, and gives ' +
        'the signed records to the broker that the fleet file names with "mqtt:", which keeps them for all agents. ' +
        'It ends when the broker has them. Servers are not told, and do not use the broker.',
    )
    .argument('[fleet.yaml]', FLEET_FILE_HELP)
    .option('--config <fleet.yaml>', 'fleet file')
    .option('--state <dir>', 'state directory of the servers. Default: that of layercast serve')
    .option('--json', 'print one JSON object per record')
    .addHelpText('after', '\nExample:\n  layercast publish firmware.img && layercast release')
    .action(async (path: string | undefined, flags: ReleaseFlags) => {
      const { runRelease } = await import('../actions/run-release.js');
      const { interruptible } = await import('../interrupt.js');
      await interruptible((signal) => runRelease(path, flags, signal));
    });
}
