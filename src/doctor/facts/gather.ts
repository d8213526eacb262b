import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { LayercastError } from '../../base/errors.js';
import { DEFAULT_SYMBOL_BYTES } from '../../base/limits.js';
import type { Network } from '../../base/ports.js';
import type { Fleet } from '../../fleet/fleet.js';
import { warningsOf } from '../../fleet/warnings.js';
import { bufferGrants } from '../../net/buffer-grants.js';
import { awaitInterface, usableInterfaces } from '../../net/interfaces/interfaces.js';
import { type PortChoice, portChoice } from '../../net/system-network.js';
import { hostWarnings, serverHere } from '../../publish/warnings/host-warnings.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { groupOf } from '../../wire/address.js';
import type { Scope } from '../../wire/group-options.js';
import type { BatchFacts, HostFacts, InterfaceChoice } from '../host-facts.js';
import { clockFacts } from './clock-facts.js';
import { firewallFacts } from './firewall-facts.js';
import { folderFacts } from './folder-facts.js';
import { hearingFacts } from './hearing-facts.js';
import { bridgeFacts, linkFacts, listedLinks } from './link-facts.js';
import { probe } from './probe.js';

export interface GatherOptions {
  /** Undefined: that of the fleet file, else the first that is up. */
  readonly interface: string | undefined;
  readonly port: number;
  readonly scope: Scope;
  readonly stateDir: string | undefined;
  /** The file that a fetch would write. */
  readonly output: string | undefined;
  /** The fleet that this host serves. Its port and scope count instead of those above. */
  readonly fleet: Fleet | undefined;
  /** How long to listen for MLD queries. */
  readonly listenMs: number;
  /** The hint of an error, with options as readers of the findings write them. */
  readonly hintOf: (error: LayercastError) => string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Asks the system for all that the checks judge. Takes some two seconds, because reports of MLD follow a join within one. Sends nothing but
 * MLD reports.
 *
 * @throws {LayercastError} the reason of the signal
 */
export async function gather(network: Network, options: GatherOptions): Promise<HostFacts> {
  const { fleet, output, hintOf, signal } = options;
  const server = fleet === undefined ? undefined : serverHere(fleet);
  const named = options.interface ?? server?.interface ?? fleet?.interface;
  const choice = await chosen(named, options);
  const { port = options.port, scope = options.scope, symbolBytes = DEFAULT_SYMBOL_BYTES, ssm = false } = fleet ?? {};
  const links = await listedLinks();
  const name = 'name' in choice ? choice.name : undefined;
  const group = groupOf(`doctor/${randomBytes(16).toString('hex')}`, { scope, hash: 'sha3-512', ssm: false });
  const request = { group, port, symbolBytes, listenMs: options.listenMs, hintOf, signal };
  return {
    platform: process.platform,
    needs: {
      port,
      symbolBytes,
      ssm,
      passesRouters: scope !== 'interface' && scope !== 'link',
      sends: server !== undefined,
      keepsState: server === undefined || fleet!.objects.some(({ code }) => code !== 'none'),
    },
    choice,
    others: usableInterfaces().flatMap((one) => (one.name === name ? [] : [one.name])),
    link: name === undefined ? undefined : linkFacts(name, links),
    bridge: name === undefined ? undefined : bridgeFacts(name, links),
    probe: name === undefined ? undefined : await probe(network, { ...request, interface: name }),
    batches: batchFacts(portChoice()),
    buffers: await bufferGrants().catch(() => undefined),
    firewall: await firewallFacts(),
    clock: clockFacts(),
    state: await folderFacts(options.stateDir ?? defaultStateDir()),
    output: output === undefined ? undefined : await folderFacts(dirname(output)),
    fleet: fleet === undefined ? undefined : { warnings: [...warningsOf(fleet), ...(await hostWarnings(fleet))] },
    hearing: await hearingFacts(fleet),
  };
}

async function chosen(name: string | undefined, { hintOf, signal }: GatherOptions): Promise<InterfaceChoice> {
  try {
    const found = await awaitInterface(name, { wait: false, signal });
    return { name: found.name, isNamed: name !== undefined };
  } catch (error) {
    if (!(error instanceof LayercastError) || error.code !== 'UNKNOWN_INTERFACE') throw error;
    return { fault: error.message, hint: hintOf(error) };
  }
}

function batchFacts({ whyNotBatch, lacks }: PortChoice): BatchFacts {
  return { whyNot: whyNotBatch, isRefused: whyNotBatch?.startsWith('LAYERCAST_NET') === true, lacks };
}
