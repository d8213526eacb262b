import type { Command } from 'commander';
import type { FileKind } from '../../fleet/config-kind.js';
import type { Fleet } from '../../fleet/fleet.js';
import type { Scenario } from '../../simulate/scenario.js';

export function config(program: Command): void {
  const group = program
    .command('config')
    .summary('check files of settings, print their JSON Schema')
    .description(
      'Checks fleet, receiver and scenario files, and prints the JSON Schema by which editors help to write them.',
    );
  group
    .command('validate')
    .summary('check a fleet, receiver or scenario file')
    .description('Checks a fleet, receiver or scenario file, and tells every fault with its line and column.')
    .argument('<file>', 'YAML file; its settings show which kind it is')
    .addHelpText('after', '\nExample:\n  layercast config validate fleet.yaml')
    .action(validate);
  group
    .command('schema')
    .summary('print a JSON Schema')
    .description('Prints the JSON Schema (draft 7) of fleet, receiver or scenario files.')
    .argument('[kind]', 'fleet, receiver or scenario', 'fleet')
    .addHelpText('after', '\nExample:\n  layercast config schema > fleet.schema.json')
    .action(schema);
}

async function validate(path: string): Promise<void> {
  const { readText } = await import('../../fleet/read-text.js');
  const { configKindOf } = await import('../../fleet/config-kind.js');
  const text = await readText(path);
  const kind = configKindOf(text);
  if (kind === 'scenario') {
    const { parseScenario } = await import('../../scenario/load-scenario.js');
    process.stdout.write(`${path}: ok: ${summaryOfScenario(await parseScenario(text, path))}\n`);
  } else if (kind === 'receiver') {
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
    throw new LayercastError('USAGE', `no schema is called "${kind}"`, { hint: 'fleet, receiver or scenario' });
  }
  if (kind === 'scenario') {
    const { scenarioJsonSchema } = await import('../../scenario/scenario-schema.js');
    process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
    return;
  }
  const { jsonSchemaOf } = await import('../../fleet/json-schema.js');
  process.stdout.write(`${JSON.stringify(jsonSchemaOf(kind), null, 2)}\n`);
}

function isKind(text: string): text is FileKind {
  return text === 'fleet' || text === 'receiver' || text === 'scenario';
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

function summaryOfScenario({ servers, links, receivers, traffic }: Scenario): string {
  const receiverCount = receivers.reduce((sum, each) => sum + (each.kind === 'crowd' ? each.startsUs.length : 1), 0);
  const counts = [
    counted(servers.length, 'server'),
    counted(links.length, 'link'),
    counted(receiverCount, 'receiver'),
    counted(traffic.length, 'flow'),
  ];
  return `scenario: ${counts.join(', ')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
