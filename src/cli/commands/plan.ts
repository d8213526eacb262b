import type { Command } from 'commander';

export function plan(program: Command): void {
  program
    .command('plan')
    .summary('show what a fleet file means')
    .description(
      'Shows what a fleet file means, without sending anything: for each object its channels with groups, rates and ' +
        'offsets; for each level what a receiver of it gets and how long the object takes (without loss, and no ' +
        'symbol twice); for each server, and for all, the bandwidth they use.',
    )
    .requiredOption('--config <fleet.yaml>', 'fleet file')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast plan --config fleet.yaml\n  layercast plan --config fleet.yaml --json | jq .objects[].levels',
    )
    .action(async ({ config, json }: { readonly config: string; readonly json?: boolean }) => {
      const { statSync } = await import('node:fs');
      const { loadFleet } = await import('../../fleet/load-fleet.js');
      const { planOf } = await import('../../fleet/plan.js');
      const result = planOf(await loadFleet(config), (path) => statSync(path, { throwIfNoEntry: false })?.size);
      const { planText } = await import('../plan-text.js');
      process.stdout.write(json ? `${JSON.stringify(result)}\n` : planText(result));
    });
}
