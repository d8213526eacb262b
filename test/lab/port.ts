import { LayercastError } from '../../dist/errors.js';
import type { Anchor } from './anchor.js';

/** Bytes are those of whole IPv6 packets, without Ethernet. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** UDP datagrams of one multicast group and port that crossed one port of the bridge. */
export interface GroupCount extends Count {
  readonly group: string;
  readonly udpPort: number;
}

/** What crossed a port: to the host, and from it. */
export interface PortCounters {
  readonly toHost: readonly GroupCount[];
  readonly fromHost: readonly GroupCount[];
}

export interface Shape {
  /** Rate of whole IPv6 packets. */
  readonly rateBitsPerSecond: number;
  /** What may pass at once. @default 10 ms at the rate, but at least 2 and at most 13 full packets (20 kB, for MTU 1500) */
  readonly burstBytes?: number;
  /** What may wait; more is dropped. @default 50 ms at the rate, but at least 10 full packets */
  readonly queueBytes?: number;
}

const ethernetBytes = 14;
/** Where the bed's own probe goes: not data, so never counted. */
export const probeDestination = { group: 'ff15::9', udpPort: 9 };

/**
 * Counters of multicast UDP by group and port: MLD, neighbour discovery and unicast are not data and not in them. Ports are
 * numbered because names in nftables know no hyphen.
 */
export function countingRules(hosts: readonly string[]): string {
  const data = `ip6 daddr ff00::/8 meta l4proto udp udp dport != ${probeDestination.udpPort}`;
  const probe = `ip6 daddr ${probeDestination.group} udp dport ${probeDestination.udpPort} counter name flooded`;
  const chains = hosts.flatMap((host, index) =>
    [
      { name: `to${index}`, hook: 'egress' },
      { name: `from${index}`, hook: 'ingress' },
    ].map(
      ({ name, hook }) => `
  set ${name} { typeof ip6 daddr . udp dport; flags dynamic; size 65535; counter; }
  chain count_${name} {
    type filter hook ${hook} device "${host}" priority 0;
    ${hook === 'egress' ? probe : ''}
    ${data} update @${name} { ip6 daddr . udp dport counter }
  }`,
    ),
  );
  return `table netdev lab {\n  counter flooded { }${chains.join('')}\n}\n`;
}

/** The bridge's end of the cable to a host. */
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

  /** Multicast datagrams by group and port since the bed was laid: to the host before any shaping, from it before any loss. */
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

  /** Lets no more than a rate pass to the host, as a slow access link does: bytes above it wait, then drop. */
  async shape(shape: Shape): Promise<void> {
    const { rateBitsPerSecond } = shape;
    if (!(rateBitsPerSecond >= 8000)) {
      throw new LayercastError('USAGE', `rate ${rateBitsPerSecond} bit/s is too low to shape`, {
        hint: '8 kbit/s or more',
      });
    }
    const bytesPerSecond = rateBitsPerSecond / 8;
    const burst =
      shape.burstBytes ?? Math.min(13.3 * this.#mtuBytes, Math.max(2 * this.#mtuBytes, bytesPerSecond / 100));
    const queue = shape.queueBytes ?? Math.max(10 * this.#mtuBytes, bytesPerSecond / 20);
    const size = ['stab', 'overhead', String(-ethernetBytes), 'linklayer', 'ethernet'];
    const bucket = ['tbf', 'rate', `${Math.round(rateBitsPerSecond)}bit`];
    const limits = ['burst', String(Math.round(burst)), 'limit', String(Math.round(queue))];
    await this.unshape();
    await this.#anchor.run(['tc', 'qdisc', 'add', 'dev', this.#name, 'root', ...size, ...bucket, ...limits]);
  }

  /** Takes the shaping away; nothing where there is none. */
  async unshape(): Promise<void> {
    if ((await this.shaped()) !== undefined) await this.#anchor.run(['tc', 'qdisc', 'del', 'dev', this.#name, 'root']);
  }

  /** What passed the shaping and what it dropped since it was set (everything, not only multicast); undefined where there is none. */
  async shaped(): Promise<{ readonly passed: Count; readonly droppedPackets: number } | undefined> {
    const text = await this.#anchor.run(['tc', '-s', '-j', 'qdisc', 'show', 'dev', this.#name]);
    const tbf = (JSON.parse(text) as readonly Qdisc[]).find(({ kind }) => kind === 'tbf');
    if (tbf === undefined) return undefined;
    return { passed: { packets: tbf.packets, bytes: tbf.bytes }, droppedPackets: tbf.drops };
  }

  /** Pulls the host's cable: its interface keeps its addresses, and loses its carrier. */
  async unplug(): Promise<void> {
    await this.#anchor.run(['ip', 'link', 'set', 'dev', this.#name, 'down']);
  }

  async plug(): Promise<void> {
    await this.#anchor.run(['ip', 'link', 'set', 'dev', this.#name, 'up']);
  }
}

interface Qdisc {
  readonly kind: string;
  readonly packets: number;
  readonly bytes: number;
  readonly drops: number;
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
