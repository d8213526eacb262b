import type { Command } from 'commander';
import { SENDER_OPTIONS } from '../../options/sender-options.js';
import { addFlags } from '../add-flags.js';
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
    );
  addFlags(command, { ...SENDER_OPTIONS, ...WATCHING_OPTIONS })
    .option('--json', 'print one JSON object per line on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast serve --config fleet.yaml\n  layercast serve --config fleet.yaml --host alpha --interface eth0 --json',
    )
    .action(async (flags: Flags) => {
      // SIGHUP must not end the process before `runServe` listens to it. Until then there is nothing to reload.
      process.on('SIGHUP', () => undefined);
      const { runServe } = await import('../actions/run-serve.js');
      const { settle } = await import('../settings.js');
      const { interruptible } = await import('../interrupt.js');
      const { LayercastError } = await import('../../base/errors.js');
      const { config, ...settings } = settle(SENDER_OPTIONS, flags, process.env);
      if (config === undefined) {
        throw new LayercastError('USAGE', 'missing --config (the fleet file)', { hint: 'Add --config fleet.yaml' });
      }
      await interruptible((signal) => runServe({ ...settings, config, signal }, flags));
    });
}
