import type { Command } from 'commander';
import type { KeygenFlags } from '../actions/run-keygen.js';

export function keygen(program: Command): void {
  program
    .command('keygen')
    .summary('create an Ed25519 key pair')
    .description(
      'Creates the Ed25519 key pair of a fleet: DIR/layercast.key (private, PKCS#8 PEM, readable by you alone), ' +
        'which signs what is published, and DIR/layercast.pub (public, SPKI PEM), which receivers need.',
    )
    .option('--out <dir>', 'folder to write to; created if it is missing')
    .option('--server', 'print the public key of the server on this host instead, as "serverKey" in a fleet file')
    .option('--content <file>', 'make a content key instead, with which objects are encrypted; - for stdout')
    .option('--state <dir>', 'state directory of the server. Default: that of layercast serve')
    .option('--force', 'replace existing keys')
    .addHelpText(
      'after',
      '\nA server that holds the private key of its fleet needs no other. One that gets\n' +
        'signed records instead (layercast sign) has a key of its own in its state\n' +
        'directory, made when it is first needed. Its public half belongs into the fleet\n' +
        'file where records are signed.\n' +
        '\nA content key is a secret of its servers and receivers: "contentKey" in the\n' +
        'fleet file, --content-key of layercast fetch. Whoever has it can read the\n' +
        'objects.\n' +
        '\nExample:\n  layercast keygen --out keys\n  layercast keygen --server\n' +
        '  layercast keygen --content content.key',
    )
    .action(async (flags: KeygenFlags) => {
      const { runKeygen } = await import('../actions/run-keygen.js');
      await runKeygen(flags);
    });
}
