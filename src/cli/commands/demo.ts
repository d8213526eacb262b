import type { Command } from 'commander';

export function demo(program: Command): void {
  program
    .command('demo')
    .summary('two servers and a receiver on this host')
    .description(
      'Shows the main job on this host within seconds: two servers of a fleet send one file on three channels each, and ' +
        'a receiver assembles it from all of them. The multicast is real and has hop limit 0: nothing leaves the host.',
    )
    .option('--interface <if>', 'interface to use; by default the first that is up')
    .action(async ({ interface: interfaceName }: { readonly interface?: string }) => {
      const { runDemo } = await import('../actions/run-demo.js');
      await runDemo(interfaceName);
    });
}
