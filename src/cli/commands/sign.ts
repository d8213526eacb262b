import type { Command } from 'commander';
import type { SignFlags } from '../actions/run-sign.js';
import { FLEET_FILE_HELP, fleetFile } from '../fleet-file.js';

export function sign(program: Command): void {
  program
    .command('sign')
    .summary('create signed records away from the servers')
    .description(
      'Creates the signed descriptors of all objects of a fleet file, so that the servers do not need the private key: ' +
        'copy the folder to them and name it as "records: DIR" in their fleet file, instead of "key:". Where several ' +
        'people have to sign, each runs the command on the same folder: it adds signatures to the records that are there.',
    )
    .argument('[fleet.yaml]', FLEET_FILE_HELP)
    .option('--config <fleet.yaml>', 'fleet file')
    .requiredOption('--key <key.pem...>', 'private keys that sign')
    .requiredOption('--out <dir>', 'folder to write to; created if it is missing')
    .option('--digests <dir>', 'also write FILE.digests here, for servers of the web (fetch --fill)')
    .option('--state <dir>', 'where digests of files are kept')
    .option('--json', 'print one JSON object per record')
    .addHelpText('after', '\nExample:\n  layercast sign fleet.yaml --key acme.key --out records')
    .action(async (path: string | undefined, { config, ...flags }: Flags) => {
      const { runSign } = await import('../actions/run-sign.js');
      await runSign({ ...flags, config: fleetFile(path, config) });
    });
}

type Flags = Omit<SignFlags, 'config'> & { readonly config?: string };
