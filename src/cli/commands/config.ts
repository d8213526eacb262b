import type { Command } from 'commander';
import type { Fleet } from '../../fleet/fleet.js';
import type { ConfigKind } from '../../fleet/json-schema.js';

export function config(program: Command): void {
  const group = program
    .command('config')
    .summary('check files of settings, print their JSON Schema')
    .description('Checks fleet and receiver files, and prints the JSON Schema by which editors help to write them.');
  group
    .command('validate')
    .summary('check a fleet or receiver file')
    .description('Checks a fleet or receiver file, and tells every fault with its line and column.')
    .argument('<file>', 'YAML file; its settings show which kind it is')
    .addHelpText('after', '\nExample:\n  layercast config validate fleet.yaml')
    .action(validate);
  group
    .command('schema')
    .summary('print a JSON Schema')
    .description('Prints the JSON Schema (draft 7) of fleet or receiver files.')
    .argument('[kind]', 'fleet or receiver', 'fleet')
    .addHelpText('after', '\nExample:\n  layercast config schema > fleet.schema.json')
    .action(schema);
}

async function validate(path: string): Promise<void> {
  const { readText } = await import('../../fleet/read-text.js');
  const { configKindOf } = await import('../../fleet/config-kind.js');
  const text = await readText(path);
  if (configKindOf(text) === 'receiver') {
    const { parseReceiverConfig } = await import('../../fleet/receiver-config.js');
    parseReceiverConfig(text, path);
    process.stdout.write(`${path}: ok: receiver\n`);
  } else {
    const { parseFleet } = await import('../../fleet/load-fleet.js');
    process.stdout.write(`${path}: ok: ${summaryOf(parseFleet(text, path))}\n`);
  }
}

async function schema(kind: string): Promise<void> {
  if (!isKind(kind)) {
    const { LayercastError } = await import('../../errors.js');
    throw new LayercastError('USAGE', `no schema is called "${kind}"`, { hint: 'fleet or receiver' });
  }
  const { jsonSchemaOf } = await import('../../fleet/json-schema.js');
  process.stdout.write(`${JSON.stringify(jsonSchemaOf(kind), null, 2)}\n`);
}

function isKind(text: string): text is ConfigKind {
  return text === 'fleet' || text === 'receiver';
}

function summaryOf({ name, objects, servers }: Fleet): string {
  const channelCount = objects.reduce((count, { channels }) => count + channels.length, 0);
  const counts = [
    counted(objects.length, 'object'),
    counted(channelCount, 'channel'),
    counted(servers.length, 'server'),
  ];
  return `fleet ${name}: ${counts.join(', ')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
