import { readText } from '../../config/read-text.js';
import type { Fleet } from '../../fleet/fleet.js';
import { type ConfigWarning, limited, warningsOf } from '../../fleet/warnings.js';
import type { Scenario } from '../../simulate/index.js';
import { type FileKind, fileKindOf } from '../file-kind.js';

import { recordsOf, refuseWarnings, showWarnings } from './config-warnings.js';

export interface ValidateFlags {
  readonly strict?: boolean;
  readonly json?: boolean;
}

interface Finding {
  readonly summary: string;
  readonly warnings: readonly ConfigWarning[];
}

/**
 * `layercast config validate FILE`: prints one line on stdout for a file without faults, and warnings on stderr; with `--json`
 * one object.
 *
 * @throws {LayercastError} `CONFIG_INVALID` with every fault, or for warnings with `--strict`; the system's reason if the file cannot
 * be read.
 */
export async function runValidate(path: string, { json, strict }: ValidateFlags): Promise<void> {
  const text = await readText(path);
  const kind = fileKindOf(text);
  const { summary, warnings } = await CHECKS[kind](text, path);
  if (json) process.stdout.write(`${JSON.stringify({ file: path, kind, summary, warnings: recordsOf(warnings) })}\n`);
  else {
    showWarnings(warnings, text, path);
    process.stdout.write(`${path}: ok: ${summary}\n`);
  }
  refuseWarnings(warnings, strict);
}

/** The modules of a kind are loaded only for files of that kind. */
const CHECKS: Readonly<Record<FileKind, (text: string, path: string) => Promise<Finding>>> = {
  async fleet(text, path) {
    const { parseFleet } = await import('../../fleet/load-fleet.js');
    const { hostWarnings } = await import('../../publish/warnings/host-warnings.js');
    const fleet = parseFleet(text, path);
    return { summary: summaryOf(fleet), warnings: limited([...warningsOf(fleet), ...(await hostWarnings(fleet))]) };
  },
  async receiver(text, path) {
    const { parseReceiverFile } = await import('../../options/receiver-file.js');
    const { receiverWarnings } = await import('../../publish/warnings/host-warnings.js');
    return { summary: 'receiver', warnings: await receiverWarnings(parseReceiverFile(text, path)) };
  },
  async agent(text, path) {
    const { parseAgentFile } = await import('../../options/agent-file.js');
    const { receiverWarnings } = await import('../../publish/warnings/host-warnings.js');
    const { subscribe, ...file } = parseAgentFile(text, path);
    const summary = `agent of fleet ${file.fleet}: ${counted(subscribe.length, 'subscription')}`;
    return { summary, warnings: await receiverWarnings(file) };
  },
  async gateway(text, path) {
    const { parseGatewayFile } = await import('../../options/gateway-file.js');
    const { receiverWarnings } = await import('../../publish/warnings/host-warnings.js');
    const file = parseGatewayFile(text, path);
    const summary = `gateway of fleet ${file.fleet}: ${counted(file.objects.length, 'subscription')}`;
    return { summary, warnings: await receiverWarnings({ key: file.key, interface: file.interface }) };
  },
  async manager(text, path) {
    const { parseManagerFile } = await import('../../options/manager-file.js');
    const { allow, tokens, tls } = parseManagerFile(text, path);
    const who = allow === undefined ? 'this host' : counted(allow.length, 'prefix', 'prefixes');
    const isClosed = tokens === undefined && (tls?.names.length ?? 0) === 0;
    const summary = `manager: devices of ${who} may register, ${isClosed ? 'nobody may' : 'operators may'} trigger`;
    return { summary, warnings: [] };
  },
  async scenario(text, path) {
    const { parseScenario } = await import('../../scenario/load-scenario.js');
    return { summary: summaryOfScenario(await parseScenario(text, path)), warnings: [] };
  },
};

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

function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
