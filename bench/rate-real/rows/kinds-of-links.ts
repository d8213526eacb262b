import { readFile } from 'node:fs/promises';
import { LayercastError } from '../../../dist/base/errors.js';
import { Bed } from '../../../test/lab/bed.js';
import { applyLink } from '../../../test/lab/lab-link.js';
import { median } from '../../table.js';
import { carried } from '../carried.js';
import { allKinds, type Kind } from '../kinds.js';
import { type Leave, play } from '../play.js';
import type { Recording } from '../recording.js';
import { type Asked, mbit, percent, type Report, report } from '../report.js';
import type { StagedReceiver } from '../staged-receiver.js';
import { type CongestionControl, sendByTcp } from '../tcp.js';

/** How a receiver fared behind a link. */
interface Received {
  readonly link: string;
  readonly leave: Leave;
  /** Bytes of the object that were there, over the time from the first join. */
  readonly goodputBitsPerSecond: number;
  /** What the link could carry in that time ÷ those bytes. For a complete object on a steady link that is its time ÷ the ideal time. */
  readonly timeRatio: number;
  /** Shares of the packets that came to the link, 0–1; without the second if the object was complete before. */
  readonly earlyDropRatio: number;
  readonly laterDropRatio: number | undefined;
  readonly joinCount: number;
  readonly isComplete: boolean;
  /** Packets that a relay missed, because this machine was too busy: the other figures are wrong then. 0 where the kernel is the link. */
  readonly missedCount: number;
  /** How much later than it should a packet left a relay, at most; undefined where the kernel is the link. */
  readonly lateMs: number | undefined;
}

interface Fared extends Received {
  /** Whole packets of a TCP connection alone behind a link of the kind, in the same time; undefined where the kernel has no such TCP. */
  readonly cubicBitsPerSecond: number | undefined;
  readonly bbrBitsPerSecond: number | undefined;
}

const defaultRates = [2e6, 10e6, 30e6];
const flows = [
  { from: 'tcp1', to: 'r1', control: 'cubic' },
  { from: 'tcp2', to: 'r2', control: 'bbr' },
] as const;
/** "Early" is from the first join until then. */
const earlyMs = 10_000;
/** Links above this are played one after the other, because they take this machine's time from each other. */
const togetherBitsPerSecond = 5e6;

/** Row i: a receiver behind each kind of link, and beside it one TCP connection alone behind a link of that kind. */
export async function kindsOfLinks(asked: Asked): Promise<Report> {
  const { only, rates = defaultRates, runs, seconds = 30 } = asked;
  const all = allKinds(rates, asked.traces);
  const kinds = all.filter(({ name }) => only?.some((beginning) => name.startsWith(beginning)) ?? true);
  if (kinds.length === 0) {
    throw new LayercastError('USAGE', `no link is called "${only?.join(',')}"`, {
      hint: `beginnings of: ${all.map(({ name }) => name).join(', ')}`,
    });
  }
  const figures: Fared[] = [];
  for (const kind of kinds) {
    const played: Fared[] = [];
    for (let run = 1; run <= runs; run++) {
      asked.say(`i-${kind.name}-tcp-${run}`);
      const tcp = await behindAsTcp(kind, seconds);
      for (const leave of asked.leaves) {
        const name = `i-${kind.name}-${leave}-${run}`;
        asked.say(name);
        const ours = await behind(asked, { name, kind, leave, seconds });
        played.push({ ...ours, cubicBitsPerSecond: tcp.get('cubic'), bbrBitsPerSecond: tcp.get('bbr') });
      }
    }
    for (const leave of asked.leaves) figures.push(middle(played.filter((run) => run.leave === leave)));
  }
  return report('i  alone behind links of other kinds', figures, [
    { title: 'link', cell: ({ link }) => link },
    { title: 'leave', cell: ({ leave }) => leave },
    { title: 'Mbit/s', cell: ({ goodputBitsPerSecond }) => mbit(goodputBitsPerSecond) },
    { title: 'time ÷ ideal', cell: ({ timeRatio }) => timeRatio },
    { title: 'drops % in 10 s', cell: ({ earlyDropRatio }) => percent(earlyDropRatio) },
    { title: 'after', cell: ({ laterDropRatio }) => laterDropRatio && percent(laterDropRatio) },
    { title: 'joins', cell: ({ joinCount }) => joinCount },
    { title: 'complete', cell: ({ isComplete }) => (isComplete ? 'yes' : 'no') },
    { title: 'CUBIC Mbit/s', cell: ({ cubicBitsPerSecond: rate }) => rate && mbit(rate) },
    { title: 'BBR', cell: ({ bbrBitsPerSecond: rate }) => rate && mbit(rate) },
    { title: 'relay missed', cell: ({ missedCount }) => missedCount },
    { title: 'late ms', cell: ({ lateMs }) => lateMs },
  ]);
}

async function behind(
  asked: Asked,
  given: { name: string; kind: Kind; leave: Leave; seconds: number },
): Promise<Received> {
  const { name, kind, leave, seconds } = given;
  const mean = kind.capacityBitsPerSecond(seconds);
  const recording = await play(
    {
      name,
      seconds: kind.patienceRatio * seconds,
      leave,
      object: { sizeBytes: Math.round((mean * seconds) / 8) },
      fastestBitsPerSecond: mean,
      // The ladder of the other rows, unless the link is too slow for it: channels below 330 kbit/s have no trains.
      slowestBitsPerSecond: Math.min(0.45e6, mean / 4),
      receivers: [{ host: 'r1', toldBitsPerSecond: mean }],
      kinds: { r1: kind.link },
    },
    asked,
  );
  return { ...received(recording, kind), leave };
}

/** TCP connections, each alone behind a link of the kind: what each got, by congestion control. */
async function behindAsTcp(kind: Kind, seconds: number): Promise<ReadonlyMap<CongestionControl, number>> {
  const available = await congestionControls();
  const got = new Map<CongestionControl, number>();
  await using bed = await Bed.lay({ hosts: flows.flatMap(({ from, to }) => [from, to]) });
  const send = async ({ from, to, control }: (typeof flows)[number]) => {
    await applyLink(bed, to, kind.link);
    got.set(control, await sendByTcp({ bed }, { from, to, control, seconds }));
  };
  const present = flows.filter(({ control }) => available.includes(control));
  if (kind.capacityBitsPerSecond(seconds) <= togetherBitsPerSecond) await Promise.all(present.map(send));
  else for (const flow of present) await send(flow);
  return got;
}

function received(recording: Recording, { name, capacityBitsPerSecond }: Kind) {
  const receiver = recording.receiver('r1');
  const endMs = receiver.completeMs ?? recording.leftMs(receiver);
  const fromMs = receiver.firstJoinMs ?? endMs;
  const seconds = (endMs - fromMs) / 1000;
  const goodput = (bytesOf(receiver) * 8) / seconds;
  const samples = recording.samples('r1');
  const counts = recording.relay('r1')?.counts;
  const turnMs = Math.min(endMs, fromMs + earlyMs);
  return {
    link: name,
    goodputBitsPerSecond: goodput,
    timeRatio: capacityBitsPerSecond(seconds) / goodput,
    earlyDropRatio: carried(samples, fromMs, turnMs).dropRatio,
    laterDropRatio: turnMs < endMs ? carried(samples, turnMs, endMs).dropRatio : undefined,
    joinCount: receiver.heard.filter(({ event }) => event.event === 'join').length,
    isComplete: receiver.completeMs !== undefined,
    missedCount: counts?.missedPackets ?? 0,
    lateMs: counts && counts.lateMaxUs / 1000,
  };
}

/** Bytes of the object that a receiver had at its end. */
function bytesOf({ heard }: StagedReceiver): number {
  return Number(
    heard.findLast(({ event }) => event.event === 'complete' || event.event === 'progress')?.event.bytes ?? 0,
  );
}

/** The median of each figure. */
function middle(runs: readonly Fared[]): Fared {
  const of = (figure: (run: Fared) => number | undefined) => {
    const known = runs.flatMap((run) => figure(run) ?? []);
    return known.length === 0 ? undefined : median(known);
  };
  return {
    ...runs[0]!,
    goodputBitsPerSecond: of((run) => run.goodputBitsPerSecond)!,
    timeRatio: of((run) => run.timeRatio)!,
    earlyDropRatio: of((run) => run.earlyDropRatio)!,
    laterDropRatio: of((run) => run.laterDropRatio),
    joinCount: of((run) => run.joinCount)!,
    isComplete: runs.every(({ isComplete }) => isComplete),
    missedCount: Math.max(...runs.map(({ missedCount }) => missedCount)),
    lateMs: of((run) => run.lateMs),
    cubicBitsPerSecond: of((run) => run.cubicBitsPerSecond),
    bbrBitsPerSecond: of((run) => run.bbrBitsPerSecond),
  };
}

/** Congestion controls of this kernel's TCP. */
async function congestionControls(): Promise<readonly string[]> {
  return (await readFile('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8')).trim().split(' ');
}
