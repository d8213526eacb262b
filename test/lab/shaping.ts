import { LayercastError } from '../../dist/errors.js';

/** Bytes are those of whole IPv6 packets, without Ethernet. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** A bottleneck: a rate, and a queue that serves first what came first and drops what it has no room for. */
export interface Shape {
  /** Rate of whole IPv6 packets. */
  readonly rateBitsPerSecond: number;
  /**
   * What may pass at once. Two full packets are enough for exact rates up to 100 Mbit/s on an idle machine (within 0.3 % at
   * 0.5 to 100 Mbit/s; one packet lost 1 % at 100 Mbit/s), and let a train of packets come out at the link's own pace.
   *
   * @default 10 ms at the rate, but at least 2 and at most 13 full packets (20 kB, for MTU 1500): exact on a busy machine too
   */
  readonly burstBytes?: number;
  /** What may wait, as the time that it takes to pass; at least 8 full packets, so that the slowest links have a queue too. */
  readonly queueMs?: number;
  /** What may wait; more is dropped. @default as `queueMs` says; without it 50 ms at the rate, but at least 10 full packets */
  readonly queueBytes?: number;
}

/** What a link did since it was shaped (everything, not only multicast), and what waits now. */
export interface LinkReading {
  readonly passed: Count;
  readonly droppedPackets: number;
  readonly waiting: Count;
}

const ethernetBytes = 14;
/** Packets are counted, and pass, without Ethernet. */
const size = ['stab', 'overhead', String(-ethernetBytes), 'linklayer', 'ethernet'];

/**
 * Arguments of `tc` that put a bottleneck at the end of a cable. Where there is one, its rate and queue change while it runs:
 * what waits stays, and the counters go on.
 */
export function bottleneckArguments(device: string, shape: Shape, mtuBytes: number): string[] {
  const { rate, burst, queue } = limitsOf(shape, mtuBytes);
  const bucket = ['tbf', 'rate', `${rate}bit`, 'burst', String(burst), 'limit', String(queue)];
  return ['qdisc', 'replace', 'dev', device, 'root', ...size, ...bucket];
}

/** Lines for `tc -batch`: a bottleneck for each class 1:1, 1:2, …; what belongs to none passes at once. */
export function separateBottlenecks(device: string, shapes: readonly Shape[], mtuBytes: number): string {
  const classes = shapes.map((shape, index) => {
    const { rate, burst, queue } = limitsOf(shape, mtuBytes);
    const id = (index + 1).toString(16);
    return `
class add dev ${device} parent 1: classid 1:${id} htb rate ${rate}bit burst ${burst} cburst ${burst} quantum ${mtuBytes}
qdisc add dev ${device} parent 1:${id} handle ${(index + 0x10).toString(16)}: bfifo limit ${queue}`;
  });
  return `qdisc add dev ${device} root handle 1: ${size.join(' ')} htb default 0${classes.join('')}\n`;
}

/** Rules that sort packets from these addresses, on their way out of a device, into the classes 1:1, 1:2, … of `tc`. */
export function sortingRules(device: string, table: string, addresses: readonly string[]): string {
  const rules = addresses.map(
    (address, index) => `ip6 saddr ${address} meta priority set 1:${(index + 1).toString(16)}`,
  );
  return `
table netdev ${table} {
  chain sort {
    type filter hook egress device "${device}" priority 1;
    ${rules.join('\n    ')}
  }
}
`;
}

/**
 * Reads `tc -s -j qdisc show`: shaped links by the name of their device, or for the bottleneck of one source by device and
 * number: `r1/1`.
 *
 * @param device whose they are, where `tc` was asked for one: then it does not say it
 */
export function parseLinks(json: string, device = ''): ReadonlyMap<string, LinkReading> {
  const links = new Map<string, LinkReading>();
  for (const { dev = device, kind, parent, packets, bytes, drops, backlog, qlen } of JSON.parse(
    json,
  ) as readonly Qdisc[]) {
    const source = kind === 'bfifo' ? parent?.replace(/^1:/, '') : undefined;
    if (kind !== 'tbf' && source === undefined) continue;
    const name = source === undefined ? dev : `${dev}/${Number.parseInt(source, 16)}`;
    links.set(name, {
      passed: { packets, bytes },
      droppedPackets: drops,
      waiting: { packets: qlen, bytes: backlog },
    });
  }
  return links;
}

interface Qdisc {
  readonly dev?: string;
  readonly kind: string;
  readonly parent?: string;
  readonly packets: number;
  readonly bytes: number;
  readonly drops: number;
  readonly backlog: number;
  readonly qlen: number;
}

function limitsOf(shape: Shape, mtuBytes: number): { rate: number; burst: number; queue: number } {
  const { rateBitsPerSecond, queueMs } = shape;
  if (!(rateBitsPerSecond >= 8000)) {
    throw new LayercastError('USAGE', `rate ${rateBitsPerSecond} bit/s is too low to shape`, {
      hint: '8 kbit/s or more',
    });
  }
  const bytesPerSecond = rateBitsPerSecond / 8;
  const burst = shape.burstBytes ?? Math.min(13.3 * mtuBytes, Math.max(2 * mtuBytes, bytesPerSecond / 100));
  const waiting =
    queueMs === undefined
      ? Math.max(10 * mtuBytes, bytesPerSecond / 20)
      : Math.max(8 * mtuBytes, (bytesPerSecond * queueMs) / 1000);
  return {
    rate: Math.round(rateBitsPerSecond),
    burst: Math.round(burst),
    queue: Math.round(shape.queueBytes ?? waiting),
  };
}
