import type { Command } from 'commander';
import type { VerifyFlags } from '../actions/run-verify.js';

export function verify(program: Command): void {
  program
    .command('verify')
    .summary('check a signed record and show what it says')
    .description(
      'Shows what a record says, that of "layercast sign" or a root, and whether it holds: enough keys signed it, and it has not ' +
        'expired. Ends with 4 if it does not hold. It cannot know whether the version is the newest.',
    )
    .argument('<record>', 'file of a record, or root file')
    .requiredOption('--key <file>', 'public key, or root file, that is trusted')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  layercast keygen --out bob\n  layercast root add bob/layercast.pub --root bob.root --fleet acme\n' +
        '  layercast root sign --root bob.root --key bob/layercast.key\n  layercast verify bob.root --key bob/layercast.pub',
    )
    .action(async (path: string, flags: VerifyFlags) => {
      const { runVerify } = await import('../actions/run-verify.js');
      await runVerify(path, flags);
    });
}
