import { Anchor } from './anchor.js';
import { Dialogue } from './dialogue.js';
import { Host } from './host.js';
import { layRoutedScript } from './laying-routed.js';
import { type Member, parseMemberships } from './memberships.js';
import { MulticastRouting } from './multicast-routing.js';
import { countingRules, Port } from './port.js';
import { portOf } from './ports.js';
import { LabProcess } from './process.js';
import { RoutedPlan, type Tree } from './routed-plan.js';
import type { Count } from './shaping.js';
import { snoopingWorks } from './snooping.js';
import { until } from './until.js';

/** Bytes that a bridge's port has passed since the bed was laid, of all packets, with Ethernet headers. */
export interface Carried {
  /** To the host or router. */
  readonly down: Count;
  /** From the host or router. */
  readonly up: Count;
}

/**
 * LANs in a tree of routers, with IPv6 and IPv4. Each LAN is a bridge that does MLD and IGMP snooping and is the querier. Each router is a host that
 * forwards, with smcroute for multicast; `MulticastRouting` tells it what to forward. Nothing connects the bed with other networks.
 */
export class RoutedBed implements AsyncDisposable {
  readonly plan: RoutedPlan;
  readonly #anchor: Anchor;
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #ports: ReadonlyMap<string, Port>;
  #routing: MulticastRouting | undefined;

  private constructor(anchor: Anchor, plan: RoutedPlan, mtuBytes: number) {
    this.plan = plan;
    this.#anchor = anchor;
    this.#ports = new Map(plan.plugs.map(({ port }, index) => [port, new Port(anchor, port, index, mtuBytes)]));
    const nodes = [...plan.hosts, ...plan.routers];
    this.#hosts = new Map(
      nodes.map((name, index) => {
        const [plug] = plan.plugsOf(name);
        return [name, new Host(name, plug!.ipv6, anchor, this.port(plug!.port), portOf(index, nodes.length))];
      }),
    );
  }

  /**
   * Lays a bed, and waits until snooping works and the routers route.
   *
   * @param sources hosts of the first LAN: routers forward the groups that these send to
   * @throws LayercastError `USAGE` for a tree that is none, `NETWORK_UNAVAILABLE` or `PERMISSION_DENIED` where no bed can be laid
   */
  static async lay(tree: Tree, sources: readonly string[], mtuBytes = 1500): Promise<RoutedBed> {
    const plan = new RoutedPlan(tree);
    const anchor = await Anchor.drop({ detached: false, userNamespace: false });
    const bed = new RoutedBed(anchor, plan, mtuBytes);
    try {
      await anchor.run(['sh', '-e'], { input: layRoutedScript(plan, mtuBytes) });
      await anchor.run(['nft', '-f', '-'], { input: countingRules(plan.plugs.map(({ port }) => port)) });
      await Promise.all(plan.plugs.map(({ node, interfaceName }) => bed.host(node).ready(interfaceName)));
      await snoopingWorks(anchor, plan.lans);
      if (plan.routers.length > 0) bed.#routing = await MulticastRouting.start(bed, sources);
    } catch (error) {
      await bed.lift();
      throw error;
    }
    return bed;
  }

  /** A host or a router. */
  host(name: string): Host {
    return this.#hosts.get(name) ?? unknown(name);
  }

  /** The bridge's end of a cable, by the name that the plan gives it. */
  port(name: string): Port {
    return this.#ports.get(name) ?? unknown(name);
  }

  /** The listeners that the bridges know, by port. A router is a listener of what it routes. */
  async memberships(): Promise<readonly Member[]> {
    return parseMemberships(await this.#anchor.run(['bridge', '-j', '-d', 'mdb', 'show']));
  }

  /** A process beside the bridges that takes lines. */
  dialogue(command: readonly string[]): Dialogue {
    return new Dialogue([...this.#anchor.enter(), ...command]);
  }

  /** A process that prints a line for each membership that a bridge learns or forgets. */
  watchMemberships(): LabProcess {
    return new LabProcess(this.#anchor.enter(), ['stdbuf', '-oL', 'bridge', 'monitor', 'mdb']);
  }

  /** Resolves when the bridge knows that a host or a router listens to `group` at this port. */
  async joined(port: string, group: string): Promise<void> {
    await until(`the bridge knows ${port} as a listener of ${group}`, async () =>
      (await this.memberships()).some((member) => member.host === port && member.group === group),
    );
  }

  /** What each port has carried so far. */
  async carried(): Promise<ReadonlyMap<string, Carried>> {
    const links = JSON.parse(await this.#anchor.run(['ip', '-j', '-s', 'link', 'show'])) as readonly LinkStatistics[];
    return new Map(
      links
        .filter(({ ifname }) => this.#ports.has(ifname))
        .map(({ ifname, stats64: { rx, tx } }) => [ifname, { down: tx, up: rx }]),
    );
  }

  /** Why routers may not forward what they should; undefined while they do. */
  get routingFailure(): unknown {
    return this.#routing?.failure;
  }

  /** Makes a folder that programs on the hosts expect. Nothing outside the bed sees what is in /run. */
  async makeFolder(path: `/run/${string}`): Promise<void> {
    await this.#anchor.run(['mkdir', '-p', path]);
  }

  /** Ends every process that this object started, then the bed. */
  async lift(): Promise<void> {
    await this.#routing?.[Symbol.asyncDispose]();
    await Promise.all([...this.#hosts.values()].map((host) => host.end()));
    await this.#anchor.lift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lift();
  }
}

interface LinkStatistics {
  readonly ifname: string;
  readonly stats64: { readonly rx: Count; readonly tx: Count };
}

function unknown(name: string): never {
  throw new Error(`nothing of this bed is called "${name}"`);
}
