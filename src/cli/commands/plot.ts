import type { Command } from 'commander';
import type { PlotFlags } from '../actions/run-plot.js';
import { addFlags } from '../add-flags.js';
import { PLOT_OPTIONS } from '../command-options.js';

export function plot(program: Command): void {
  const command = program
    .command('plot')
    .summary('draw what "fetch --json" wrote')
    .description(
      'Draws what "fetch --json" or "simulate --json" wrote, as an SVG: the level with the reason of every change, the ' +
        'rate, the delay in queues and the loss, over time. Up to 8 receivers get a line each; more are drawn as median ' +
        'and band.',
    )
    .argument('<log>', 'file with one JSON object per line; - for stdin')
    .requiredOption('-o, --output <file.svg>', 'picture to make; - for stdout')
    .option('--receiver <name>', 'draw only this receiver of a simulation');
  addFlags(command, PLOT_OPTIONS)
    .addHelpText(
      'after',
      '\nExamples:\n  layercast fetch acme/maps --key acme.pub -o maps.bin --json > maps.log\n' +
        '  layercast plot maps.log -o maps.svg',
    )
    .action(async (log: string, flags: PlotFlags) => {
      const { runPlot } = await import('../actions/run-plot.js');
      await runPlot(log, flags);
    });
}
