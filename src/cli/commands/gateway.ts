import type { Command } from 'commander';
import { GATEWAY_OPTIONS } from '../../options/gateway-options.js';
import { addFlags, addQuiet, addVerbose } from '../add-flags.js';
import { GATEWAY_FILE } from '../command-options.js';
import { namedFile } from '../named-file.js';
import { outliveHangup } from '../outlive-hangup.js';
import type { Flags } from '../settings.js';
import { WATCHING_OPTIONS } from '../watching.js';

export function gateway(program: Command): void {
  const command = program
    .command('gateway')
    .summary('receive by multicast, serve by HTTP and CoAP')
    .description(
      'Stays and keeps the objects of a gateway file at their newest versions, as layercast agent does, and serves them by HTTP and, with --coap, by CoAP: ' +
        'for clients without multicast. What is proven of a version is served while the rest is still being received. ' +
        '/objects lists what there is; /objects/NAME is the newest version, /objects/NAME/VERSION never changes. ' +
        'By CoAP these are /fw, /fw/NAME (what is newest; it can be observed), /fw/NAME/bin and /fw/NAME/bin/VERSION. ' +
        'SIGHUP reads the gateway file again.',
    )
    .argument('[gateway.yaml]', 'gateway file');
  addFlags(command, { ...GATEWAY_FILE, ...GATEWAY_OPTIONS, ...WATCHING_OPTIONS }).option(
    '--json',
    'print one JSON object per line on stdout',
  );
  addVerbose(addQuiet(command), 'each join and leave, with its reason')
    .addHelpText('after', '\nExample:\n  layercast gateway gateway.yaml --listen 8080')
    .action(async (path: string | undefined, flags: Flags) => {
      outliveHangup();
      const { runGateway } = await import('../actions/run-gateway.js');
      await runGateway({ ...flags, config: namedFile(path, flags.config as string | undefined) });
    });
}
