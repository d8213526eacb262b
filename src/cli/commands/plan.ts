import type { Command } from 'commander';
import { FLEET_FILE_HELP, fleetFile } from '../fleet-file.js';
import { leaveStandardOutput } from '../json/print-event.js';

export function plan(program: Command): void {
  program
    .command('plan')
    .summary('show what a fleet file means')
    .description(
      'Shows what a fleet file means, without sending anything: for each object its channels with groups, rates and ' +
        'offsets; for each level the rate, the time to receive the object without loss, the extra data received without ' +
        'loss and at 10 % (overhead), and the highest loss without duplicates (good to); for each server, and for all ' +
        'together, the bandwidth. Warns as "config validate" does.',
    )
    .argument('[fleet.yaml]', FLEET_FILE_HELP)
    .option('--config <fleet.yaml>', 'fleet file')
    .option('--svg <file>', 'draw how the channels go round each object; - for stdout')
    .option('--strict', 'exit with 2 if there are warnings')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast plan\n  layercast plan fleet.yaml --svg plan.svg\n  layercast plan --config fleet.yaml --json | jq .objects[].levels',
    )
    .action(async (path: string | undefined, { config, json, svg, strict }: Flags) => {
      if (svg === '-') leaveStandardOutput();
      const { runPlan } = await import('../actions/run-plan.js');
      await runPlan({ config: fleetFile(path, config), json: json ?? false, svg, strict: strict ?? false });
    });
}

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
  readonly svg?: string;
  readonly strict?: boolean;
}
