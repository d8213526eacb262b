import type { Anchor } from './anchor.js';
import {
  bottleneck,
  type Count,
  changedBottleneck,
  type LinkReading,
  parseLinks,
  type Shape,
  separateBottlenecks,
  sortingRules,
  type TokenBucket,
  tokenBucket,
} from './shaping.js';

/** UDP datagrams of one multicast group and port that crossed one port of the bridge. */
export interface GroupCount extends Count {
  readonly group: string;
  readonly udpPort: number;
}

/** Datagrams that crossed a port: to the host, and from the host. */
export interface PortCounters {
  readonly toHost: readonly GroupCount[];
  readonly fromHost: readonly GroupCount[];
}

const ethernetBytes = 14;
/** The group of the bed's own probe, which is not data and never counted. */
export const probeDestination = { group: 'ff15::9', udpPort: 9 };

/**
 * nftables counters for the ports of hosts and sites: multicast UDP by group and port. MLD, neighbour discovery and unicast are not
 * data and not counted. Ports are numbered because names in nftables allow no hyphen.
 */
export function countingRules(names: readonly string[]): string {
  const data = `ip6 daddr ff00::/8 meta l4proto udp udp dport != ${probeDestination.udpPort}`;
  const probe = `ip6 daddr ${probeDestination.group} udp dport ${probeDestination.udpPort} counter name flooded`;
  const chains = names.flatMap((port, index) =>
    [
      { name: `to${index}`, hook: 'egress' },
      { name: `from${index}`, hook: 'ingress' },
    ].map(
      ({ name, hook }) => `
  set ${name} { typeof ip6 daddr . udp dport; flags dynamic; size 65535; counter; }
  chain count_${name} {
    type filter hook ${hook} device "${port}" priority 0;
    ${hook === 'egress' ? probe : ''}
    ${data} update @${name} { ip6 daddr . udp dport counter }
  }`,
    ),
  );
  return `table netdev lab {\n  counter flooded { }${chains.join('')}\n}\n`;
}

/** The bridge's end of the cable to a host or to a site. For a site, `toHost` and `sent` count the datagrams to all its hosts. */
export class Port {
  readonly #anchor: Anchor;
  readonly #name: string;
  readonly #index: number;
  readonly #mtuBytes: number;

  constructor(anchor: Anchor, name: string, index: number, mtuBytes: number) {
    this.#anchor = anchor;
    this.#name = name;
    this.#index = index;
    this.#mtuBytes = mtuBytes;
  }

  /** Name of the nftables table that sorts packets for `shapeSources`. */
  get #sorting(): string {
    return `sort${this.#index}`;
  }

  /** Multicast datagrams by group and port since the bed was laid: to the host before any shaping, from the host before any loss. */
  async counters(): Promise<PortCounters> {
    const listed = JSON.parse(await this.#anchor.run(['nft', '-j', 'list', 'sets', 'netdev'])) as NftSets;
    // An egress hook sees the Ethernet header, an ingress hook does not.
    return {
      toHost: elements(listed, `to${this.#index}`, ethernetBytes),
      fromHost: elements(listed, `from${this.#index}`, 0),
    };
  }

  /** All multicast datagrams that the bridge sent to the host, or those of one group. */
  async sent(group?: string): Promise<Count> {
    return sum((await this.counters()).toHost, group);
  }

  /** All multicast datagrams that came from the host, or those of one group. */
  async received(group?: string): Promise<Count> {
    return sum((await this.counters()).fromHost, group);
  }

  /**
   * Limits the rate to the host, as a slow access link does: bytes above the rate wait, and are dropped when the queue is full. If the
   * link is shaped already, it changes while it runs: waiting packets stay, and the counters continue.
   */
  async shape(shape: Shape): Promise<void> {
    const lines = (await this.shaped()) === undefined ? bottleneck : changedBottleneck;
    const input = lines(this.#name, shape, this.#mtuBytes);
    if (lines === bottleneck) await this.unshape();
    await this.#anchor.run(['tc', '-batch', '-'], { input });
  }

  /** Limits the rate to the host by a token bucket with a queue, in the place of any other shaping. */
  async bucket(shape: TokenBucket): Promise<void> {
    const input = tokenBucket(this.#name, shape, this.#mtuBytes);
    await this.unshape();
    await this.#anchor.run(['tc', '-batch', '-'], { input });
  }

  /**
   * Gives the packets from each of these addresses a bottleneck of their own, as if each address were on another path; all other
   * packets pass at once. `readings` names the bottlenecks in the order given: `r1/1`, `r1/2`.
   */
  async shapeSources(shapes: readonly { readonly address: string; readonly shape: Shape }[]): Promise<void> {
    await this.unshape();
    const lines = separateBottlenecks(
      this.#name,
      shapes.map(({ shape }) => shape),
      this.#mtuBytes,
    );
    await this.#anchor.run(['tc', '-batch', '-'], { input: lines });
    const addresses = shapes.map(({ address }) => address);
    await this.#anchor.run(['nft', '-f', '-'], { input: sortingRules(this.#name, this.#sorting, addresses) });
  }

  /** Removes the shaping; does nothing if there is none. */
  async unshape(): Promise<void> {
    if ((await this.links()).size === 0) return;
    await this.#anchor.run(['tc', 'qdisc', 'del', 'dev', this.#name, 'root']);
    const input = `table netdev ${this.#sorting} { }\ndelete table netdev ${this.#sorting}\n`;
    await this.#anchor.run(['nft', '-f', '-'], { input });
  }

  /** Counters of the shaping since it was set (all packets, not only multicast); undefined if there is none. */
  async shaped(): Promise<LinkReading | undefined> {
    return (await this.links()).get(this.#name);
  }

  /** Readings of this port's bottlenecks: one under the port's name, or one for each address of `shapeSources`. */
  async links(): Promise<ReadonlyMap<string, LinkReading>> {
    return parseLinks(await this.#anchor.run(['tc', '-s', '-j', 'qdisc', 'show', 'dev', this.#name]), this.#name);
  }

  /**
   * Sets whether the bridge stops sending a group to this port when the last host leaves, without a query for other listeners.
   * The bridge tells the hosts behind a port apart, so one host may leave while another stays.
   */
  async fastLeave(on: boolean): Promise<void> {
    await this.#anchor.run(['bridge', 'link', 'set', 'dev', this.#name, 'fastleave', on ? 'on' : 'off']);
  }

  /** Pulls the host's cable: its interface keeps its addresses, and loses its carrier. */
  async unplug(): Promise<void> {
    await this.#anchor.run(['ip', 'link', 'set', 'dev', this.#name, 'down']);
  }

  async plug(): Promise<void> {
    await this.#anchor.run(['ip', 'link', 'set', 'dev', this.#name, 'up']);
  }
}

interface NftSets {
  readonly nftables: readonly { readonly set?: { readonly name: string; readonly elem?: readonly NftElement[] } }[];
}

interface NftElement {
  readonly elem: { readonly val: { readonly concat: readonly [string, number] }; readonly counter: Count };
}

function elements(listed: NftSets, name: string, headerBytes: number): GroupCount[] {
  const found = listed.nftables.find(({ set }) => set?.name === name)?.set?.elem ?? [];
  return found.map(({ elem: { val, counter } }) => {
    const [group, udpPort] = val.concat;
    return { group, udpPort, packets: counter.packets, bytes: counter.bytes - counter.packets * headerBytes };
  });
}

function sum(counts: readonly GroupCount[], group: string | undefined): Count {
  const wanted = counts.filter((count) => group === undefined || count.group === group);
  return wanted.reduce(
    (total, { packets, bytes }) => ({ packets: total.packets + packets, bytes: total.bytes + bytes }),
    { packets: 0, bytes: 0 },
  );
}
