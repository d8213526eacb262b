import type { Command } from 'commander';

export function plan(program: Command): void {
  program
    .command('plan')
    .summary('show what a fleet file means')
    .description(
      'Shows what a fleet file means, without sending anything: for each object its channels with groups, rates and ' +
        'offsets; for each level what a receiver of it gets, how long the object takes without loss, what it hears in ' +
        'vain (overhead) without loss and at 10 %, and up to which loss nothing is heard twice (good to); for each ' +
        'server, and for all, the bandwidth they use.',
    )
    .requiredOption('--config <fleet.yaml>', 'fleet file')
    .option('--svg <file>', 'draw how the channels go round each object')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast plan --config fleet.yaml\n  layercast plan --config fleet.yaml --svg plan.svg\n  layercast plan --config fleet.yaml --json | jq .objects[].levels',
    )
    .action(async ({ config, json, svg }: Flags) => {
      const { runPlan } = await import('../run-plan.js');
      await runPlan({ config, json: json ?? false, svg });
    });
}

interface Flags {
  readonly config: string;
  readonly json?: boolean;
  readonly svg?: string;
}
