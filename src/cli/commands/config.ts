import type { Command } from 'commander';
import type { ValidateFlags } from '../actions/run-validate.js';
import { fleetFile, PLACES_HELP } from '../fleet-file.js';
import { SCHEMA_KINDS, withWords } from '../words.js';

export function config(program: Command): void {
  const group = program
    .command('config')
    .summary('check files of settings, print their JSON Schema')
    .description(
      'Checks fleet, receiver, agent, gateway, manager and scenario files, and prints the JSON Schema by which editors help to write them.',
    );
  group
    .command('validate')
    .summary('check a fleet, receiver, agent, gateway, manager or scenario file')
    .description(
      'Checks a fleet, receiver, agent, gateway, manager or scenario file. Prints every fault with its line and column, and exits with 2. Warns of ' +
        'what is allowed and probably wrong: settings that do not go together, and files, keys and interfaces that this ' +
        'host does not have. If the file is for other hosts, ignore the warnings that say "on this host".',
    )
    .argument('[file]', `YAML file; its settings show which kind it is; ${PLACES_HELP}`)
    .option('--strict', 'exit with 2 if there are warnings')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  layercast config validate fleet.yaml')
    .action(validate);
  group
    .command('schema')
    .summary('print a JSON Schema')
    .description(
      'Prints the JSON Schema (draft 7) of fleet, receiver, agent, gateway, manager or scenario files, or of the lines that commands print with --json.',
    )
    .addArgument(
      withWords(
        program.createArgument('[kind]', 'fleet, receiver, agent, gateway, manager, scenario or events'),
        SCHEMA_KINDS,
      ).default('fleet'),
    )
    .addHelpText('after', '\nExample:\n  layercast config schema > fleet.schema.json')
    .action(schema);
}

async function validate(path: string | undefined, flags: ValidateFlags): Promise<void> {
  const { runValidate } = await import('../actions/run-validate.js');
  await runValidate(fleetFile(path, undefined), flags);
}

async function schema(kind: string): Promise<void> {
  const { jsonSchemaOf } = await import('../json/json-schema.js');
  process.stdout.write(`${JSON.stringify(await jsonSchemaOf(kind), null, 2)}\n`);
}
