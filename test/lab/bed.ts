import { LayercastError } from '../../dist/errors.js';
import { Anchor } from './anchor.js';
import { Host } from './host.js';
import { layingScript } from './laying.js';
import { type Member, parseMemberships } from './memberships.js';
import { countingRules, Port, probeDestination } from './port.js';
import { until } from './until.js';

export interface BedOptions {
  /** Names of the hosts: small letters, digits and hyphens, at most 15; the first gets `fd00:1::1`, and so on. */
  readonly hosts: readonly string[];
  /** @default 1500 */
  readonly mtuBytes?: number;
  /** Stays after this process has ended, until `lift` is called. @default false */
  readonly detached?: boolean;
  /** As an ordinary user has to lay it, even where we are root. @default false */
  readonly userNamespace?: boolean;
}

/** What another process needs to use a bed that this one laid. */
export interface BedRecord {
  readonly anchorPid: number;
  readonly userNamespace: boolean;
  readonly hosts: readonly string[];
  readonly mtuBytes: number;
}

/** Hosts with `eth0` each, around one bridge that does MLD snooping and asks the queries, on no network but their own. */
export class Bed {
  readonly record: BedRecord;
  readonly #anchor: Anchor;
  readonly #hosts: ReadonlyMap<string, { readonly host: Host; readonly port: Port }>;

  private constructor(anchor: Anchor, record: BedRecord) {
    this.record = record;
    this.#anchor = anchor;
    this.#hosts = new Map(
      record.hosts.map((name, index) => {
        const port = new Port(anchor, name, index, record.mtuBytes);
        return [name, { port, host: new Host(name, `fd00:1::${(index + 1).toString(16)}`, anchor, port) }];
      }),
    );
  }

  /**
   * Lays a bed and waits until snooping is in force, some 0.3 s.
   * @throws LayercastError `USAGE` for names that cannot be, `NETWORK_UNAVAILABLE` or `PERMISSION_DENIED` where no bed can
   * be laid
   */
  static async lay(options: BedOptions): Promise<Bed> {
    const { hosts, mtuBytes = 1500, detached = false, userNamespace = false } = options;
    checkNames(hosts);
    const anchor = await Anchor.drop({ detached, userNamespace });
    const bed = new Bed(anchor, { anchorPid: anchor.pid, userNamespace: anchor.userNamespace, hosts, mtuBytes });
    try {
      await anchor.run(['sh', '-e'], { input: layingScript(hosts, mtuBytes) });
      await anchor.run(['nft', '-f', '-'], { input: countingRules(hosts) });
      await Promise.all(hosts.map((name) => bed.host(name).ready()));
      await bed.settled();
    } catch (error) {
      await bed.lift();
      throw error;
    }
    return bed;
  }

  /** A bed that another process laid `detached`. */
  static at(record: BedRecord): Bed {
    return new Bed(Anchor.at(record.anchorPid, record.userNamespace), record);
  }

  host(name: string): Host {
    return this.#named(name).host;
  }

  port(name: string): Port {
    return this.#named(name).port;
  }

  /** The command line in front of a command that is to run on a host. */
  enter(name: string): string[] {
    return this.#anchor.enter(this.#named(name).host.name);
  }

  /**
   * Lays a cable straight from one host to another, beside the bridge, and resolves to the name that its interface has on
   * both: `eth1` and up. Without a bridge everything passes, joined or not.
   */
  async cable(from: string, to: string): Promise<string> {
    const links = await Promise.all([from, to].map((name) => this.host(name).run('ip', ['-j', 'link', 'show'])));
    const taken = links.flatMap((json) => (JSON.parse(json) as { ifname: string }[]).map(({ ifname }) => ifname));
    const number = 1 + Math.max(...taken.map((name) => Number(/^eth(\d+)$/.exec(name)?.[1] ?? 0)));
    const end = (name: string) => ['name', name, 'mtu', String(this.record.mtuBytes)];
    const name = `eth${number}`;
    await this.host(from).run('ip', ['link', 'add', ...end(name), 'type', 'veth', 'peer', ...end(name), 'netns', to]);
    for (const [index, host] of [this.host(from), this.host(to)].entries()) {
      const address = `fd00:${(number + 1).toString(16)}::${index + 1}/64`;
      await host.run('ip', ['addr', 'add', address, 'dev', name, 'nodad']);
      await host.run('ip', ['link', 'set', 'dev', name, 'up']);
      await host.run('ethtool', ['-K', name, 'tx-udp-segmentation', 'off']);
    }
    await Promise.all([from, to].map((host) => this.host(host).ready(name)));
    return name;
  }

  /** Mounts an empty file system of this size on a folder; every host sees it, and nobody outside the bed. */
  async mountSmallDisk(folder: string, sizeBytes: number): Promise<void> {
    await this.#anchor.run(['mount', '-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder]);
  }

  /** What the bridge knows of who listens to what (global groups and link-local ones alike). */
  async memberships(): Promise<Member[]> {
    return parseMemberships(await this.#anchor.run(['bridge', '-j', '-d', 'mdb', 'show', 'dev', 'bridge']));
  }

  /** Resolves when the bridge knows that `host` listens to `group` (from `source`, where given). */
  async joined(host: string, group: string, source?: string): Promise<void> {
    await until(`the bridge knows ${host} as a listener of ${group}`, async () =>
      (await this.memberships()).some(
        (member) =>
          member.host === host && member.group === group && (source === undefined || member.source === source),
      ),
    );
  }

  /** Resolves when the bridge no longer sends `group` to `host`. */
  async left(host: string, group: string): Promise<void> {
    await until(
      `the bridge no longer has ${host} as a listener of ${group}`,
      async () => !(await this.memberships()).some((member) => member.host === host && member.group === group),
    );
  }

  /**
   * Resolves when snooping is in force. Until the bridge's first query has had its response time, it floods every port and a
   * test of who hears what would prove nothing. So this sends datagrams to a group that nobody has joined until none of
   * them comes out.
   */
  async settled(): Promise<void> {
    const counter = ['nft', '-j', 'list', 'counter', 'netdev', 'lab', 'flooded'];
    await until('the bridge holds back what nobody has joined', async () => {
      await this.#anchor.run(['nft', 'reset', 'counter', 'netdev', 'lab', 'flooded']);
      await this.#anchor.run([process.execPath, '-e', probe]);
      return JSON.parse(await this.#anchor.run(counter)).nftables[1].counter.packets === 0;
    });
  }

  /** Ends every process that this object started on the hosts, then the bed. */
  async lift(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(({ host }) => host.end()));
    await this.#anchor.lift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lift();
  }

  #named(name: string): { readonly host: Host; readonly port: Port } {
    const found = this.#hosts.get(name);
    if (found !== undefined) return found;
    throw new LayercastError('UNKNOWN_HOST', `no host of this bed is called "${name}"`, {
      hint: `one of: ${[...this.#hosts.keys()].join(', ')}`,
    });
  }
}

/** Three datagrams from the bridge's own interface: they take the way that a host's take, and need no host. */
const probe = `
const socket = require('node:dgram').createSocket('udp6');
socket.bind(() => {
  socket.setMulticastInterface('::%bridge');
  let left = 3;
  for (let i = 0; i < 3; i++) socket.send('?', ${probeDestination.udpPort}, '${probeDestination.group}', () => --left || socket.close());
});`;

function checkNames(hosts: readonly string[]): void {
  const taken = new Set(['bridge', 'lo', 'all', 'default']);
  for (const name of hosts) {
    if (!/^[a-z][a-z0-9-]{0,14}$/.test(name) || taken.has(name)) {
      throw new LayercastError('USAGE', `"${name}" cannot be a host of a bed`, {
        hint: 'each name once; small letters, digits and hyphens, at most 15; not "bridge", "lo", "all", "default"',
      });
    }
    taken.add(name);
  }
}
