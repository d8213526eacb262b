// Carries packets between two interfaces as a link does that the kernel has not. Argument: one JSON object, a RelayTask. Prints its
// counters as JSON lines. It has one thread that waits for packets and for the time of the next departure, so that packets leave when
// they have to. It ends when the process that started it has ended, or after its time.
import { writeSync } from 'node:fs';
import { Prng } from '../../../dist/simulate/random/prng.js';
import { disciplineFor } from './discipline-for.js';
import { awaitFrames, PacketSocket } from './packet-socket.js';
import { goFirst } from './priority.js';
import type { RelayCounts, RelayTask } from './relay-options.js';
import { RelayedLink } from './relayed-link.js';

/** Time between two lines; also the longest sleep. */
const lineUs = 50_000;
/** Frames read of one side before the other side gets its turn. */
const framesPerTurn = 64;

const { bridgeSide, hostSide, options, limitS } = JSON.parse(process.argv[2] ?? '{}') as RelayTask;
const prng = new Prng(1);
const bridge = new PacketSocket(bridgeSide);
const host = new PacketSocket(hostSide);
const sockets = [bridge, host];
const toHost = new RelayedLink(disciplineFor(options, prng), options, prng.fork('loss'));
const fromHost = new RelayedLink(undefined, { delayMs: options.delayMs }, prng);
const parent = process.ppid;
const sendToHost = (frame: Uint8Array) => host.send(frame);
const sendToBridge = (frame: Uint8Array) => bridge.send(frame);

say({ event: 'relaying', goesFirst: goFirst() });
const endUs = nowUs() + limitS * 1e6;
let sayUs = 0;
let said = '';
while (process.ppid === parent && nowUs() < endUs) {
  const readAll = carry(bridge, toHost) && carry(host, fromHost);
  const atUs = nowUs();
  toHost.release(atUs, sendToHost);
  fromHost.release(atUs, sendToBridge);
  if (atUs >= sayUs) {
    sayUs = atUs + lineUs;
    const counts = JSON.stringify(counters());
    if (counts !== said) say(counters());
    said = counts;
  }
  if (readAll) awaitFrames(sockets, Math.min(toHost.nextUs, fromHost.nextUs, sayUs) - nowUs());
}

/** Reads some of what has arrived. @returns whether that was all */
function carry(from: PacketSocket, link: RelayedLink): boolean {
  for (let i = 0; i < framesPerTurn; i++) {
    const frame = from.receive();
    if (frame === undefined) return true;
    link.offer(frame, nowUs());
  }
  return false;
}

function counters(): RelayCounts & { readonly event: 'relay' } {
  const { passedPackets, passedBytes, lostPackets, droppedPackets, waitingPackets, waitingBytes } = toHost;
  return {
    event: 'relay',
    ...{ passedPackets, passedBytes, lostPackets, droppedPackets, waitingPackets, waitingBytes },
    returnedPackets: fromHost.passedPackets,
    missedPackets: bridge.missed() + host.missed() + bridge.refusedFrames + host.refusedFrames,
    lateMaxUs: Math.round(toHost.lateMaxUs),
    lateMeanUs: Math.round(toHost.lateSumUs / Math.max(1, passedPackets - lostPackets)),
  };
}

function say(event: object): void {
  writeSync(1, `${JSON.stringify(event)}\n`);
}

function nowUs(): number {
  return performance.now() * 1000;
}
