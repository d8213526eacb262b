import { LayercastError } from '../../dist/base/errors.js';

/** Bytes are those of whole IPv6 packets, without Ethernet. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** A bottleneck: a rate, and a first-in, first-out queue that drops packets when it is full. */
export interface Shape {
  /** Rate of whole IPv6 packets. */
  readonly rateBitsPerSecond: number;
  /**
   * Bytes that a link may send a little faster than its rate after it was idle or its timer was late.
   *
   * @default 10 ms at the rate, but at least 2 and at most 13 full packets (20 kB, for MTU 1500)
   */
  readonly burstBytes?: number;
  /** Size of the queue, as the time that its bytes take to pass; at least 8 full packets, so that the slowest links have a queue too. */
  readonly queueMs?: number;
  /** Size of the queue; more is dropped. @default from `queueMs`; without it 50 ms at the rate, but at least 10 full packets */
  readonly queueBytes?: number;
}

/**
 * A token bucket with a queue, as home routers and leased lines have it (`tc tbf`): after a time of silence the link passes a bucketful at once,
 * then its rate.
 */
export interface TokenBucket {
  /** Rate of whole IPv6 packets. */
  readonly rateBitsPerSecond: number;
  /** Size of the bucket; at least a full packet. */
  readonly burstBytes: number;
  /** Size of the queue, as the time that its bytes take to pass; at least 8 full packets. */
  readonly queueMs: number;
}

/** Packets that a link passed and dropped since it was shaped (all packets, not only multicast), and packets that wait now. */
export interface LinkReading {
  readonly passed: Count;
  readonly droppedPackets: number;
  readonly waiting: Count;
}

const ethernetBytes = 14;
/** Makes `tc` count packets, and pass them, without their Ethernet header. */
const size = ['stab', 'overhead', String(-ethernetBytes), 'linklayer', 'ethernet'].join(' ');
/**
 * What a link may send at once after it was idle or its timer was late. Less than a packet, so that each packet leaves when the transmission time of the
 * packet before is over, as on a cable: a bucket of two packets let the first two of a train out at once, and trains of 5 showed 1.5 times the rate.
 * From 16 Mbit/s on as much as passes in 50 µs, because on an idle machine timers are so late: with 100 bytes, links of 50 and
 * 100 Mbit/s passed 0.90 and 0.84 of their rates (a flood of 1.3 times the rate for 3.5 s), with 40 µs 0.99 and 1.00.
 */
const atOnce = { leastBytes: 100, seconds: 50e-6 } as const;
/**
 * Handles of the qdisc that shapes a whole link, of the qdisc that shapes each source, and of a token bucket; by its handle one knows which
 * of them is set.
 */
const [whole, apart, bucket] = [1, 2, 3];

/** Lines for `tc -batch` that add a bottleneck at the end of a cable that has none. */
export function bottleneck(device: string, shape: Shape, mtuBytes: number): string {
  return `${root(device, whole, 1)}\n${classOf('add', device, `${whole}:1`, shape, mtuBytes)}`;
}

/** Lines for `tc -batch` that change a bottleneck while it runs. Waiting packets stay, and the counters continue. */
export function changedBottleneck(device: string, shape: Shape, mtuBytes: number): string {
  return classOf('change', device, `${whole}:1`, shape, mtuBytes);
}

/** A line for `tc -batch` that adds a token bucket at the end of a cable that has no bottleneck. */
export function tokenBucket(device: string, shape: TokenBucket, mtuBytes: number): string {
  const { rateBitsPerSecond, burstBytes, queueMs } = shape;
  const queueBytes = waitingBytes(checkedRate(rateBitsPerSecond), queueMs, mtuBytes);
  if (!(burstBytes >= mtuBytes)) {
    throw new LayercastError('USAGE', `a bucket of ${burstBytes} bytes passes no full packet`, {
      hint: `${mtuBytes} bytes or more`,
    });
  }
  const limits = `rate ${Math.round(rateBitsPerSecond)}bit burst ${Math.round(burstBytes)} limit ${queueBytes}`;
  return `qdisc add dev ${device} root handle ${bucket}: ${size} tbf ${limits}\n`;
}

/** Lines for `tc -batch` that add a bottleneck for each source; packets of other sources pass at once. */
export function separateBottlenecks(device: string, shapes: readonly Shape[], mtuBytes: number): string {
  const classes = shapes.map((shape, index) => classOf('add', device, `${apart}:${hex(index + 1)}`, shape, mtuBytes));
  return `${root(device, apart, 0)}\n${classes.join('')}`;
}

/** Rules that sort packets from these addresses, on their way out of a device, into the bottlenecks of `separateBottlenecks`. */
export function sortingRules(device: string, table: string, addresses: readonly string[]): string {
  const rules = addresses.map((address, index) => `ip6 saddr ${address} meta priority set ${apart}:${hex(index + 1)}`);
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
 * Reads `tc -s -j qdisc show`. Names are the device of a shaped link, or device and number for the bottleneck of one source:
 * `r1/1`.
 *
 * @param device the device that `tc` was asked for; the output then does not name it
 */
export function parseLinks(json: string, device = ''): ReadonlyMap<string, LinkReading> {
  const links = new Map<string, LinkReading>();
  for (const { dev = device, kind, handle, parent, packets, bytes, drops, backlog, qlen } of JSON.parse(
    json,
  ) as readonly Qdisc[]) {
    const [parentHandle, source = ''] = kind === 'bfifo' ? (parent ?? '').split(':') : [];
    const isWhole = parentHandle === String(whole) || (kind === 'tbf' && handle === `${bucket}:`);
    if (!isWhole && parentHandle !== String(apart)) continue;
    links.set(isWhole ? dev : `${dev}/${Number.parseInt(source, 16)}`, {
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
  readonly handle?: string;
  readonly parent?: string;
  readonly packets: number;
  readonly bytes: number;
  readonly drops: number;
  readonly backlog: number;
  readonly qlen: number;
}

function root(device: string, handle: number, byDefault: number): string {
  return `qdisc add dev ${device} root handle ${handle}: ${size} htb default ${byDefault}`;
}

function classOf(action: 'add' | 'change', device: string, id: string, shape: Shape, mtuBytes: number): string {
  const { rate, peak, burst, atOnceBytes, queue } = limitsOf(shape, mtuBytes);
  const [handle, number = ''] = id.split(':');
  const rates = `rate ${rate}bit ceil ${peak}bit burst ${burst} cburst ${atOnceBytes} quantum ${mtuBytes}`;
  return `class ${action} dev ${device} parent ${handle}: classid ${id} htb ${rates}
qdisc ${action} dev ${device} parent ${id} handle 1${number}: bfifo limit ${queue}
`;
}

function hex(number: number): string {
  return number.toString(16);
}

function limitsOf(shape: Shape, mtuBytes: number) {
  const { rateBitsPerSecond, queueMs } = shape;
  const bytesPerSecond = checkedRate(rateBitsPerSecond) / 8;
  const burst = shape.burstBytes ?? Math.min(13.3 * mtuBytes, Math.max(2 * mtuBytes, bytesPerSecond / 100));
  const waiting =
    queueMs === undefined
      ? Math.max(10 * mtuBytes, bytesPerSecond / 20)
      : waitingBytes(rateBitsPerSecond, queueMs, mtuBytes);
  return {
    rate: Math.round(rateBitsPerSecond),
    // To make up for late timers: 5 % up to 10 Mbit/s, 10 % from 50 Mbit/s on. Measured on a busy machine: 0.995–1.00 of the
    // rate passes at 0.5 to 100 Mbit/s, and trains of 5 show 1.00–1.11 times the rate.
    peak: Math.round(rateBitsPerSecond * Math.min(1.1, 1.05 + rateBitsPerSecond / 1e9)),
    burst: Math.round(burst),
    atOnceBytes: Math.round(Math.max(atOnce.leastBytes, bytesPerSecond * atOnce.seconds)),
    queue: Math.round(shape.queueBytes ?? waiting),
  };
}

/** Bytes of a queue that takes so long to pass, at least 8 full packets. */
function waitingBytes(rateBitsPerSecond: number, queueMs: number, mtuBytes: number): number {
  return Math.round(Math.max(8 * mtuBytes, (rateBitsPerSecond * queueMs) / 8000));
}

function checkedRate(rateBitsPerSecond: number): number {
  if (rateBitsPerSecond >= 8000) return rateBitsPerSecond;
  throw new LayercastError('USAGE', `rate ${rateBitsPerSecond} bit/s is too low to shape`, {
    hint: '8 kbit/s or more',
  });
}
