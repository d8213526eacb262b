import type { Command } from 'commander';
import { SHELLS, withWords } from '../words.js';

export function completion(program: Command): void {
  program
    .command('completion')
    .summary('print the completion script of a shell')
    .description('Prints a script by which a shell completes commands, flags and their words.')
    .addArgument(withWords(program.createArgument('<shell>', 'bash, zsh or fish'), SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  layercast completion bash > layercast.bash\n  layercast completion fish > layercast.fish',
    )
    .action(async (shell: string) => {
      const { commandTree } = await import('../manual/command-tree.js');
      const { completionFor } = await import('../manual/completion.js');
      process.stdout.write(completionFor(shell, commandTree(program)));
    });
}
