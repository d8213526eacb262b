import type { Command } from 'commander';

interface Flags {
  readonly config?: string;
  readonly host?: string;
  readonly interface?: string;
  readonly state?: string;
  readonly cache?: string;
  readonly threads?: string;
  readonly wait: boolean;
  readonly exitWhenIdle?: boolean;
  readonly json?: boolean;
}

export function serve(program: Command): void {
  program
    .command('serve')
    .summary('send what a fleet file says')
    .description(
      "Sends this host's channels of a fleet, each at its rate and from its start offset, round and round, and announces " +
        'the signed descriptors. Opens no listening port and reads no datagram. SIGHUP reads the fleet file again: ' +
        'what it adds, removes or changes takes effect, and the other objects go on without a gap. An object whose new ' +
        'version cannot be sent stays on the air as it is. Ends with 0 or the signal when stopped; with 1, 2 or 4 when it ' +
        'cannot start.',
    )
    .option('--config <fleet.yaml>', 'fleet file')
    .option(
      '--host <name>',
      "server of the fleet to be; by default the only one, or\nthe one with this host's name or address",
    )
    .option('--interface <if>', 'interface to send on; by default as the fleet file\nsays, else the first that is up')
    .option('--state <dir>', 'where digests and intermediate symbols of files are\nkept')
    .option('--cache <size>', 'most room for intermediate symbols there; 32GB')
    .option('--threads <n>', 'threads that encode at once; by default 2, or 1 for\nblocks larger than 12 MB')
    .option('--no-wait', 'end when the interface is missing, instead of waiting')
    .option(
      '--exit-when-idle',
      'end with exit code 1 when no object can be sent any\nmore, instead of waiting for a reload',
    )
    .option('--json', 'print one JSON object per line on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast serve --config fleet.yaml\n  layercast serve --config fleet.yaml --host alpha --interface eth0 --json',
    )
    .action(async (flags: Flags) => {
      // Until the fleet file is read for the first time there is nothing to reload, and the signal must not end the process.
      process.on('SIGHUP', () => undefined);
      const { runServe } = await import('../actions/run-serve.js');
      const { SETTINGS, settle } = await import('../settings.js');
      const { interruptible } = await import('../interrupt.js');
      const { LayercastError } = await import('../../base/errors.js');
      const config = settle(SETTINGS.config, flags.config, process.env);
      if (config === undefined) {
        throw new LayercastError('USAGE', 'missing --config (the fleet file)', { hint: 'Add --config fleet.yaml' });
      }
      await interruptible((signal) =>
        runServe({
          config,
          host: settle(SETTINGS.host, flags.host, process.env),
          interface: settle(SETTINGS.interface, flags.interface, process.env),
          stateDir: settle(SETTINGS.state, flags.state, process.env),
          cacheBytes: settle(SETTINGS.cache, flags.cache, process.env),
          threadCount: settle(SETTINGS.threads, flags.threads, process.env),
          wait: flags.wait,
          exitWhenIdle: flags.exitWhenIdle ?? false,
          json: flags.json ?? false,
          signal,
        }),
      );
    });
}
