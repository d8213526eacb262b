import type { Command } from 'commander';
import type { MirrorFlags } from '../actions/run-mirror.js';
import { addVerbose } from '../add-flags.js';
import { FLEET_FILE_HELP } from '../fleet-file.js';
import { outliveHangup } from '../outlive-hangup.js';

export function mirror(program: Command): void {
  const command = program
    .command('mirror')
    .summary('publish what a server of the web or a bucket has')
    .description(
      'Stays and looks at the origins of a fleet file (origin: of an object), HTTP servers or S3-compatible buckets. When an ' +
        'origin has another file, and it is here whole, publishes it as layercast publish does. Interrupted downloads ' +
        'continue. SIGHUP reads the fleet file again, and looks at once. With --once it looks at each origin once and ends.',
    )
    .argument('[fleet.yaml]', FLEET_FILE_HELP)
    .option('--config <fleet.yaml>', 'fleet file')
    .option('--once', 'look at each origin once, and end')
    .option('--state <dir>', 'state directory of the servers. Default: that of layercast serve')
    .option('--no-reload', 'leave the servers as they are, until they get SIGHUP')
    .option('--json', 'print one JSON object per line');
  addVerbose(command, 'what each look at an origin found')
    .addHelpText('after', '\nExample:\n  layercast mirror fleet.yaml --once')
    .action(async (path: string | undefined, flags: MirrorFlags) => {
      outliveHangup();
      const { runMirror } = await import('../actions/run-mirror.js');
      const { interruptible } = await import('../interrupt.js');
      await interruptible((signal) => runMirror(path, flags, signal));
    });
}
