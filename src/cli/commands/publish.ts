import type { Command } from 'commander';
import type { PublishFlags } from '../actions/run-publish.js';
import { PLACES_HELP } from '../fleet-file.js';

export function publish(program: Command): void {
  program
    .command('publish')
    .summary('replace an object by a new version')
    .description(
      'Publishes a new version of an object: puts FILE in the place of the file that the fleet file names, raises the ' +
        'version there, and makes the servers of the fleet on this host read the fleet file again. Each file is replaced ' +
        'in one step, FILE stays, and nothing else of the fleet file changes. Without FILE the new content is in its ' +
        'place already, as with "dir:". A fleet of several hosts needs both files on each of them.',
    )
    .argument('[file]', 'the new content; by default what the fleet file names')
    .option('--config <fleet.yaml>', `fleet file; ${PLACES_HELP}`)
    .option('--object <name>', 'object to publish; by default the only one, or the one whose file is called as FILE is')
    .option('--new-version <n>', 'new version; by default the next number')
    .option('--state <dir>', 'state directory of the servers. Default: that of layercast serve')
    .option('--no-reload', 'leave the servers as they are, until they get SIGHUP')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nA fleet with "records:" needs new signatures first, so its servers are not\ntold: run layercast sign, then send them SIGHUP.\n' +
        '\nExamples:\n  layercast publish firmware.img --config fleet.yaml\n' +
        '  layercast publish --object firmware --new-version 7 --json',
    )
    .action(async (file: string | undefined, flags: PublishFlags) => {
      const { runPublish } = await import('../actions/run-publish.js');
      const { interruptible } = await import('../interrupt.js');
      await interruptible((signal) => runPublish(file, flags, signal));
    });
}
