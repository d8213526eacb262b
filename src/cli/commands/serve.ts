import type { Command } from 'commander';
import { SENDER_OPTIONS } from '../../options/sender-options.js';
import { addFlags, addQuiet } from '../add-flags.js';
import { FLEET_FILE_HELP, fleetFile } from '../fleet-file.js';
import { outliveHangup } from '../outlive-hangup.js';
import type { Flags } from '../settings.js';
import { WATCHING_OPTIONS } from '../watching.js';

export function serve(program: Command): void {
  const command = program
    .command('serve')
    .summary('send what a fleet file says')
    .description(
      "Sends this host's channels of a fleet, each at its rate, from its start offset, in an endless loop, and announces " +
        'the signed descriptors. Opens no listening port and reads no datagram. SIGHUP reads the fleet file again: ' +
        'additions, removals and changes take effect, and the other objects go on without a gap. If the new version of an ' +
        'object cannot be sent, the previous one stays on the air. Ends with 0 or the signal when stopped; with 1, 2 or 4 ' +
        'when it cannot start.',
    )
    .argument('[fleet.yaml]', FLEET_FILE_HELP);
  addFlags(command, { ...SENDER_OPTIONS, ...WATCHING_OPTIONS })
    .option('--check', 'say whether this host could serve the file, and end')
    .option('--json', 'print one JSON object per line on stdout');
  addQuiet(command)
    .addHelpText(
      'after',
      '\nExamples:\n  layercast serve --check\n  layercast serve fleet.yaml\n  layercast serve --config fleet.yaml --host alpha --interface eth0 --json',
    )
    .action(async (path: string | undefined, flags: Flags) => {
      // Before `runServe` listens to it there is nothing to reload.
      outliveHangup();
      const { runServe } = await import('../actions/run-serve.js');
      const { settle } = await import('../settings.js');
      const { interruptible } = await import('../interrupt.js');
      const { config: _, ...settings } = settle(SENDER_OPTIONS, flags, process.env);
      const config = fleetFile(path, flags.config as string | undefined);
      if (flags.check === true) {
        const { runCheck } = await import('../actions/run-check.js');
        return await runCheck({ config, host: settings.host, json: flags.json === true });
      }
      await interruptible((signal) => runServe({ ...settings, config, signal }, flags));
    });
}
