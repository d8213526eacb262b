import { LayercastError } from '../../dist/base/errors.js';
import { Anchor } from './anchor.js';
import { Host } from './host.js';
import { cutCable, cuttingScript, layingScript, plugInScript, type Sites, siteBridge } from './laying.js';
import { LinkWatch } from './link-watch.js';
import { type Member, parseMemberships } from './memberships.js';
import { countingRules, Port } from './port.js';
import { portOf } from './ports.js';
import { LabProcess } from './process.js';
import { Relay } from './relay/relay.js';
import type { RelayOptions } from './relay/relay-options.js';
import { snoopingWorks } from './snooping.js';
import { until } from './until.js';

export interface BedOptions {
  /** Names of the hosts: small letters, digits and hyphens, at most 15; the first gets `fd00:1::1`, and so on. */
  readonly hosts: readonly string[];
  /** Hosts that share one link to the bridge, by the name of their site (same letters, at most 13): `{ office: ['r1', 'r2'] }`. */
  readonly sites?: Sites;
  /** @default 1500 */
  readonly mtuBytes?: number;
  /** The bed stays after this process has ended, until `lift` is called. @default false */
  readonly detached?: boolean;
  /** Lay the bed in the way that an ordinary user has to, even as root. @default false */
  readonly userNamespace?: boolean;
}

/** What another process needs to use a bed that this process laid. */
export interface BedRecord {
  readonly anchorPid: number;
  readonly userNamespace: boolean;
  readonly hosts: readonly string[];
  readonly sites: Sites;
  readonly mtuBytes: number;
}

/** Hosts with one `eth0` each, around one bridge that does MLD snooping and is the querier. Nothing connects them with other networks. */
export class Bed {
  readonly record: BedRecord;
  readonly #anchor: Anchor;
  readonly #hosts: ReadonlyMap<string, Host>;
  readonly #ports: ReadonlyMap<string, Port>;
  readonly #watches: LabProcess[] = [];
  readonly #relays = new Map<string, Relay>();

  private constructor(anchor: Anchor, record: BedRecord) {
    this.record = record;
    this.#anchor = anchor;
    this.#ports = new Map(portsOf(record).map((name, index) => [name, new Port(anchor, name, index, record.mtuBytes)]));
    this.#hosts = new Map(
      record.hosts.map((name, index) => {
        return [
          name,
          new Host(
            name,
            `fd00:1::${(index + 1).toString(16)}`,
            anchor,
            this.port(name),
            portOf(index, record.hosts.length),
          ),
        ];
      }),
    );
  }

  /**
   * Lays a bed and waits until snooping works, some 0.3 s.
   * @throws LayercastError `USAGE` for names that are not allowed, `NETWORK_UNAVAILABLE` or `PERMISSION_DENIED` where no bed can
   * be laid
   */
  static async lay(options: BedOptions): Promise<Bed> {
    const { hosts, sites = {}, mtuBytes = 1500, detached = false, userNamespace = false } = options;
    checkNames(hosts, sites);
    const anchor = await Anchor.drop({ detached, userNamespace });
    const bed = new Bed(anchor, { anchorPid: anchor.pid, userNamespace: anchor.userNamespace, hosts, sites, mtuBytes });
    try {
      await anchor.run(['sh', '-e'], { input: layingScript(hosts, sites, mtuBytes) });
      await anchor.run(['nft', '-f', '-'], { input: countingRules(portsOf(bed.record)) });
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
    return named(this.#hosts, name);
  }

  /** The bridge's end of the cable to a host or a site. */
  port(name: string): Port {
    return named(this.#ports, name);
  }

  /** The words in front of a command that run it on a host. */
  enter(name: string): string[] {
    return this.#anchor.enter(this.host(name).name);
  }

  /**
   * Lays a cable directly from one host to another, beside the bridge, and resolves to the name of its interface, which is the
   * same on both hosts: `eth1` and up. Without a bridge all groups pass, joined or not.
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

  /**
   * Puts a relay in user space into the cable to a host, or another one in the place of the one there. It is for links that the kernel does
   * not have. Processes must not run on the host yet: it gets a new `eth0`, with the same address. When the relay ends, the link is dead.
   *
   * @param limitS the relay ends by itself after this time
   */
  async relay(name: string, options: RelayOptions, limitS = 900): Promise<Relay> {
    const host = this.host(name);
    const index = this.record.hosts.indexOf(name);
    const before = this.#relays.get(name);
    await before?.[Symbol.asyncDispose]();
    if (before === undefined) {
      const input = cuttingScript(name, index, this.#anchor.pid, this.record.mtuBytes);
      await this.#anchor.run(['sh', '-e'], { input });
    }
    const relay = await Relay.start(this.#anchor.enter(), { ...cutCable(index), options, limitS });
    this.#relays.set(name, relay);
    if (before === undefined) await this.#anchor.run(['sh', '-e'], { input: plugInScript(name, index) });
    await host.ready();
    return relay;
  }

  /** Mounts an empty file system of this size on a folder. All hosts see it, and nothing outside the bed does. */
  async mountSmallDisk(folder: string, sizeBytes: number): Promise<void> {
    await this.#anchor.run(['mount', '-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder]);
  }

  /**
   * The listeners that the bridges know, by group (global and link-local groups). The site's bridge knows each host of a site; the
   * bridge in the middle knows only the site's name for them.
   */
  async memberships(): Promise<Member[]> {
    return parseMemberships(await this.#anchor.run(['bridge', '-j', '-d', 'mdb', 'show']));
  }

  /**
   * A process that prints a line for each membership that a bridge learns or forgets: `dev bridge port r1 grp ff15::1 …`.
   * Resolves when the process has begun to watch.
   */
  async watchMemberships(): Promise<LabProcess> {
    const watch = new LabProcess(this.#anchor.enter(), ['stdbuf', '-oL', 'bridge', 'monitor', 'mdb']);
    this.#watches.push(watch);
    const [host = ''] = this.record.hosts;
    const change = (verb: string) => ['bridge', 'mdb', verb, 'dev', 'bridge', 'port', host, 'grp', 'ff15::9', 'temp'];
    await until('memberships are watched', async () => {
      for (const verb of ['add', 'del']) await this.#anchor.run(change(verb));
      return watch.stdout.includes('ff15::9');
    });
    return watch;
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
   * Sets how long the bridges go on sending a group after its last listener has left: they query twice, half of this time apart.
   * MLD's own default is 2000 (RFC 3810, section 9.8); a bed is laid with 200.
   */
  async leaveLatency(latencyMs: number): Promise<void> {
    const interval = String(Math.max(1, Math.round(latencyMs / 2 / 10)));
    for (const site of [undefined, ...Object.keys(this.record.sites)]) {
      const set = ['ip', 'link', 'set', 'dev', siteBridge(site), 'type', 'bridge'];
      await this.#anchor.run([...set, 'mcast_last_member_interval', interval]);
    }
  }

  /** Lets the bridge in the middle ask who listens as often, at least once a second, and twice at once. A bed is laid with 10 s. */
  async queryEvery(intervalMs: number): Promise<void> {
    const set = (...words: readonly string[]) =>
      this.#anchor.run(['ip', 'link', 'set', 'dev', siteBridge(undefined), 'type', 'bridge', ...words]);
    await set('mcast_querier', '0', 'mcast_query_interval', String(Math.round(intervalMs / 10)));
    await set('mcast_querier', '1');
  }

  /** Ends all asking. */
  async endQueries(): Promise<void> {
    await this.#anchor.run(['ip', 'link', 'set', 'dev', siteBridge(undefined), 'type', 'bridge', 'mcast_querier', '0']);
  }

  /** Reads the shaped links 20 times a second, until it is disposed. */
  watch(): LinkWatch {
    return new LinkWatch(this.#anchor.enter());
  }

  /** Resolves when snooping works. */
  async settled(): Promise<void> {
    await snoopingWorks(this.#anchor, [siteBridge(undefined), ...Object.keys(this.record.sites).map(siteBridge)]);
  }

  /** Ends every process that this object started on the hosts, then the bed. */
  async lift(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.end()));
    await Promise.all([...this.#watches, ...this.#relays.values()].map((one) => one[Symbol.asyncDispose]()));
    await this.#anchor.lift();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lift();
  }
}

function portsOf({ hosts, sites }: BedRecord): readonly string[] {
  return [...hosts, ...Object.keys(sites)];
}

function named<T>(known: ReadonlyMap<string, T>, name: string): T {
  const found = known.get(name);
  if (found !== undefined) return found;
  throw new LayercastError('UNKNOWN_HOST', `no host of this bed is called "${name}"`, {
    hint: `one of: ${[...known.keys()].join(', ')}`,
  });
}

function checkNames(hosts: readonly string[], sites: Sites): void {
  const taken = new Set(['bridge', 'lo', 'all', 'default']);
  const check = (name: string, maxChars: number) => {
    if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > maxChars || /^[bu]-/.test(name) || taken.has(name)) {
      throw new LayercastError('USAGE', `"${name}" cannot be a host or a site of a bed`, {
        hint: `each name once; small letters, digits and hyphens, at most ${maxChars}; not "bridge", "lo", "all", "default", "b-…", "u-…"`,
      });
    }
    taken.add(name);
  };
  for (const name of hosts) check(name, 15);
  for (const name of Object.keys(sites)) check(name, 13);
  const placed = Object.values(sites).flat();
  const wrong = placed.find((host, index) => !hosts.includes(host) || placed.indexOf(host) !== index);
  if (wrong === undefined) return;
  throw new LayercastError('USAGE', `"${wrong}" cannot be in a site`, { hint: 'hosts of the bed, each in one site' });
}
