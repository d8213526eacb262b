import type { Command } from 'commander';

export function demo(program: Command): void {
  program
    .command('demo')
    .summary('two servers and a receiver on this host')
    .description(
      'Shows the main job on this host in some seconds: two servers of a fleet send one file on three channels each, and ' +
        'a receiver puts it together from all of them. Real multicast with hop limit 0: nothing leaves the host.',
    )
    .option('--interface <if>', 'interface to use; by default the first that is up')
    .action(async ({ interface: interfaceName }: { readonly interface?: string }) => {
      const { runDemo } = await import('../actions/run-demo.js');
      await runDemo(interfaceName);
    });
}
