import { LayercastError } from '../../dist/base/errors.js';
import { Scene, sha256Of } from '../e2e/scene.js';
import { applyLink } from './lab-link.js';
import type { Trial } from './parse-link.js';
import type { LabProcess } from './process.js';
import { rejectedBy } from './rejected-by.js';
import type { Relay } from './relay/relay.js';
import type { LinkReading } from './shaping.js';

/** A trial ends at the latest after this many times the time that the object takes at the rate of the link, and this. */
const [patienceRatio, graceMs] = [5, 10_000];

/**
 * Serves an object to one receiver behind a link, prints what comes out each second, and at the end how it fared. Everything ends with
 * this function, also when the signal aborts.
 *
 * @param say prints a line
 * @throws LayercastError `TIMEOUT` when the object is not complete in time; the reason of the signal
 */
export async function tryLink(trial: Trial, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  await using scene = await Scene.lay(['alpha', 'r1']);
  await Promise.race([tried(scene, trial, say), rejectedBy(signal)]);
}

async function tried(
  scene: Scene,
  { link, rateBitsPerSecond, leave, seconds }: Trial,
  say: (line: string) => void,
): Promise<void> {
  const { bed } = scene;
  if (leave === 'fast') await bed.port('r1').fastLeave(true);
  else await bed.leaveLatency(2000);
  const relay = await applyLink(bed, 'r1', link);
  const reading = async () => (relay === undefined ? await bed.port('r1').shaped() : readingOf(relay));
  scene.random('object', Math.round((rateBitsPerSecond * seconds) / 8));
  const config = scene.fleet({
    fleet: 'lab',
    announceInterval: '1s',
    objects: { object: objectFor(rateBitsPerSecond) },
  });
  await scene.serve('alpha', config);
  const fetching = scene.fetch('r1', 'lab/object', 'received');
  const late = setTimeout(() => fetching.kill('SIGTERM'), patienceRatio * seconds * 1000 + graceMs);
  try {
    const tookMs = await follow(fetching, reading, say);
    const { passed, droppedPackets } = (await reading())!;
    const drops = (100 * droppedPackets) / Math.max(1, passed.packets + droppedPackets);
    const isSame = sha256Of(scene.path('received')) === sha256Of(scene.path('object'));
    say(
      `${(tookMs / 1000).toFixed(1)} s, ${(tookMs / 1000 / seconds).toFixed(2)} of the ideal time; the link dropped ` +
        `${drops.toFixed(1)} % of its packets; the bytes are ${isSame ? 'the same' : 'NOT the same'}`,
    );
    if (relay?.counts === undefined) return;
    const { lateMeanUs, lateMaxUs, missedPackets, lostPackets } = relay.counts;
    say(
      `the relay was late by ${lateMeanUs} µs on average and ${lateMaxUs} µs at most, missed ${missedPackets} packets, ` +
        `and lost ${lostPackets} as it should`,
    );
  } finally {
    clearTimeout(late);
  }
}

/** Prints what a receiver says until its object is complete, and resolves to the time from its first join. */
async function follow(
  fetching: LabProcess,
  reading: () => Promise<LinkReading | undefined>,
  say: (line: string) => void,
): Promise<number> {
  say('     s  level  Mbit/s  received %  link: passed  dropped  waiting B');
  let firstMs: number | undefined;
  for await (const event of fetching.events()) {
    const atMs = Number(event.atMs);
    if (event.event === 'join') firstMs ??= atMs;
    if (event.event === 'join' || event.event === 'leave')
      say(`${second(atMs)}  ${event.event} ${event.channel}: ${event.reason}`);
    if (event.event === 'complete') return atMs - (firstMs ?? atMs);
    if (event.event !== 'progress') continue;
    const { passed, droppedPackets, waiting } = (await reading())!;
    const rate = (Number(event.rateBitsPerSecond) / 1e6).toFixed(2);
    const received = ((100 * Number(event.bytes)) / Number(event.totalBytes)).toFixed(1);
    const counts = [cell(passed.packets, 12), cell(droppedPackets, 7), cell(waiting.bytes, 9)].join('  ');
    say(`${second(atMs)}  ${cell(event.level, 5)}  ${cell(rate, 6)}  ${cell(received, 10)}  ${counts}`);
  }
  throw new LayercastError('TIMEOUT', `the object did not come: ${fetching.stderr.trim()}`);
}

/** A ladder to four times the rate, from 0.45 Mbit/s: from a quarter of a slow link's rate, and so that a fast one has no more than 30 levels. */
function objectFor(rateBitsPerSecond: number) {
  const most = 4 * rateBitsPerSecond;
  const least = Math.max(Math.min(0.45e6, rateBitsPerSecond / 4), most / 900);
  const [from, to] = [least, most].map((rate) => `${Math.round(rate)}bit`);
  return { file: 'object', code: 'raptorq', ladder: { from, to } };
}

function readingOf({ counts }: Relay): LinkReading {
  return {
    passed: { packets: counts?.passedPackets ?? 0, bytes: counts?.passedBytes ?? 0 },
    droppedPackets: counts?.droppedPackets ?? 0,
    waiting: { packets: counts?.waitingPackets ?? 0, bytes: counts?.waitingBytes ?? 0 },
  };
}

function second(atMs: number): string {
  return cell((atMs / 1000).toFixed(2), 6);
}

function cell(value: unknown, width: number): string {
  return String(value).padStart(width);
}
