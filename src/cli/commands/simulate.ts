import type { Command } from 'commander';
import type { SimulateFlags } from '../actions/run-simulate.js';
import { addFlags } from '../add-flags.js';
import { SIMULATE_OPTIONS } from '../command-options.js';
import { leaveStandardOutput } from '../json/print-event.js';

export function simulate(program: Command): void {
  const command = program
    .command('simulate')
    .summary('try a ladder on a network that you describe')
    .description(
      'Simulates servers, links, receivers and cross traffic as a scenario file describes them, with the real sending and ' +
        'receiving code, in virtual time and without a packet on the wire. Reports for each receiver when it is complete, ' +
        'its level, its rate and its share of its slowest link; for each link how full it was. The same file and seed ' +
        'give the same run on any machine.',
    )
    .argument('<scenario.yaml>', 'scenario file');
  addFlags(command, SIMULATE_OPTIONS)
    .option('--svg <file>', 'draw levels, rates, queues and losses over time; - for stdout')
    .option('--json', 'print one JSON object per line on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast simulate examples/branches.yaml\n  layercast simulate examples/home.yaml --svg home.svg\n' +
        '  layercast simulate examples/home.yaml --seed 2 --json | tail -1 | jq .receivers',
    )
    .action(async (path: string, flags: SimulateFlags) => {
      if (flags.svg === '-') leaveStandardOutput();
      const { runSimulate } = await import('../actions/run-simulate.js');
      await runSimulate(path, flags);
    });
}
