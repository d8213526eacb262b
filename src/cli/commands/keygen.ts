import type { Command } from 'commander';

export function keygen(program: Command): void {
  program
    .command('keygen')
    .summary('create an Ed25519 key pair')
    .description(
      'Creates the Ed25519 key pair of a fleet: DIR/layercast.key (private, PKCS#8 PEM, readable by you alone), ' +
        'which signs what is published, and DIR/layercast.pub (public, SPKI PEM), which receivers need.',
    )
    .requiredOption('--out <dir>', 'folder to write to; created if it is missing')
    .option('--force', 'replace existing keys')
    .addHelpText('after', '\nExample:\n  layercast keygen --out keys')
    .action(async ({ out, force }: { readonly out: string; readonly force?: boolean }) => {
      const { writeKeyPair } = await import('../actions/key-pair.js');
      const { privatePath, publicPath } = await writeKeyPair(out, force ?? false);
      process.stdout.write(`${privatePath}\n${publicPath}\n`);
    });
}
