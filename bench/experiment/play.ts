import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LabProcess } from '../../test/lab/process.js';
import { rejectedBy } from '../../test/lab/rejected-by.js';
import { RoutedBed } from '../../test/lab/routed-bed.js';
import { bottleneck } from '../../test/lab/shaping.js';
import { type Cell, isUnicast, nameOf, sizeBytesOf } from './cells.js';
import { isSlow, SLOW_SHARE } from './links.js';
import type { Client, Scene, Service } from './method.js';
import { METHODS } from './methods.js';
import type { Result } from './result.js';
import { type Sample, Samples } from './samples.js';
import { startSecondsOf } from './start-times.js';
import { clientsOf, SERVERS, treeOf } from './topology.js';

const PIECE_BYTES = 2 ** 22;
const QUEUE_MS = 50;
const MTU_BYTES = 1500;
/** The queue of a host's own interface, as Linux has it on Ethernet: a socket that sends too fast has to wait there, and loses nothing. */
const HOST_QUEUE_PACKETS = 1000;
/** A client may take this many times as long as its way of transfer has to. */
const PATIENCE_RATIO = 2;

export interface Playing {
  readonly run: number;
  readonly linkBitsPerSecond: number;
  /** What clients may take longer than that, for programs to start and meet. */
  readonly graceSeconds: number;
  /** Folder in which a folder for the files is made. */
  readonly dir: string;
  /** Folder for a log of each cell; undefined: none. */
  readonly logs: string | undefined;
  readonly signal: AbortSignal;
}

/** Runs one transfer to all clients, on hosts of its own, and removes them. Rejects when the signal aborts, or the method cannot serve. */
export async function play(cell: Cell, playing: Playing): Promise<Result> {
  const folder = await mkdtemp(join(playing.dir, 'layercast-experiment-'));
  try {
    playing.signal.throwIfAborted();
    await using bed = await RoutedBed.lay(treeOf(cell.topology, cell.clientCount), SERVERS);
    // Programs may take minutes to be ready. They end with the bed.
    return await Promise.race([transfer({ bed, cell, folder, ...playing }), rejectedBy(playing.signal)]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function transfer(stage: Playing & { readonly bed: RoutedBed; readonly cell: Cell; readonly folder: string }) {
  const { bed, cell, folder, linkBitsPerSecond, run, signal } = stage;
  const clients = clientsOf(cell.clientCount);
  const sizeBytes = sizeBytesOf(cell.size);
  const idealSeconds = (sizeBytes * 8) / linkBitsPerSecond;
  const links = clients.map((_, index) => linkBitsPerSecond * (isSlow(cell, index) ? SLOW_SHARE : 1));
  await shape(bed, clients, links, linkBitsPerSecond);
  const file = join(folder, 'file');
  const sha256 = await fill(file, sizeBytes);
  const scene: Scene = { bed, cell, folder, file, linkBitsPerSecond, slowestBitsPerSecond: Math.min(...links) };
  const service = await METHODS[cell.method].serve(scene);
  const output = (client: string) => join(folder, `${client}-file`);
  const waiting = await Promise.all(clients.map((client) => service.ready(client, output(client))));
  const startSeconds = startSecondsOf(cell.schedule, { clientCount: cell.clientCount, idealSeconds, run });
  const samples = new Samples(bed, service.servers);
  const late = new AbortController();
  const ended = AbortSignal.any([signal, late.signal, serverEnds(service)]);
  const limit = setTimeout(
    () => late.abort(new Error('late')),
    (limitSeconds(cell, idealSeconds) + stage.graceSeconds) * 1000,
  );
  const outcomes = await Promise.all(
    waiting.map(async (client, index): Promise<Outcome> => {
      try {
        await delay(startSeconds[index]! * 1000, undefined, { signal: ended });
        const startedMs = performance.now();
        await Promise.race([client.fetch(), rejectedBy(ended)]);
        return { seconds: (performance.now() - startedMs) / 1000, end: 'complete' };
      } catch (error) {
        return {
          seconds: null,
          end: ended.aborted ? String((ended.reason as Error).message) : (error as Error).message,
        };
      }
    }),
  );
  clearTimeout(limit);
  const taken = await samples.stop();
  if (stage.logs !== undefined) {
    // A log that cannot be written does not cost the result.
    await log(stage.logs, stage, [...taken, ...outcomes], service, waiting).catch(console.error);
  }
  signal.throwIfAborted();
  if (bed.routingFailure !== undefined) throw bed.routingFailure;
  const checked = await Promise.all(
    outcomes.map(async (outcome, index) => {
      if (outcome.seconds === null || sha256.equals(await hashOf(output(clients[index]!)))) return outcome;
      return { seconds: null, end: 'another file' };
    }),
  );
  return resultOf({ cell, run, linkBitsPerSecond, startSeconds, outcomes: checked, samples: taken });
}

interface Outcome {
  readonly seconds: number | null;
  readonly end: string;
}

/** Links toward clients and routers, and those from the servers. What goes the other way is requests and acknowledgements, and is not shaped. */
async function shape(bed: RoutedBed, clients: readonly string[], links: readonly number[], linkBitsPerSecond: number) {
  const shapeOf = (rateBitsPerSecond: number) => ({ rateBitsPerSecond, queueMs: QUEUE_MS });
  const own = { rateBitsPerSecond: linkBitsPerSecond, queueBytes: HOST_QUEUE_PACKETS * MTU_BYTES };
  await Promise.all([
    ...clients.map((client, index) => bed.port(client).shape(shapeOf(links[index]!))),
    ...bed.plan.routers.map((router) => bed.port(`${router}-0`).shape(shapeOf(linkBitsPerSecond))),
    ...SERVERS.map((server) => bed.host(server).run('tc', ['-batch', '-'], bottleneck('eth0', own, MTU_BYTES))),
  ]);
}

/** The longest that a cell lasts, from the first start on. By unicast, all clients share the server's link. Rounds of UFTP and udpcast may have to follow each other. */
function limitSeconds({ links, schedule, method, clientCount }: Cell, idealSeconds: number): number {
  const slowest = links === 'unequal' ? 1 / SLOW_SHARE : 1;
  const inTurn = schedule === 'immediate' || method.startsWith('layercast') ? 1 : 3;
  const least = Math.max(isUnicast(method) ? clientCount : 1, slowest * inTurn);
  return (2 + PATIENCE_RATIO * least) * idealSeconds;
}

function serverEnds({ servers }: Service): AbortSignal {
  const end = new AbortController();
  for (const server of servers) void server.exited.then(() => end.abort(new Error(`a server ended: ${said(server)}`)));
  return end.signal;
}

function said({ stderr, stdout }: LabProcess): string {
  return (stderr || stdout).slice(-300);
}

function resultOf(of: {
  readonly cell: Cell;
  readonly run: number;
  readonly linkBitsPerSecond: number;
  readonly startSeconds: readonly number[];
  readonly outcomes: readonly Outcome[];
  readonly samples: readonly Sample[];
}): Result {
  const { cell, run, linkBitsPerSecond, startSeconds, outcomes, samples } = of;
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) throw new Error('nobody could look at the links');
  const links = Object.fromEntries(
    Object.entries(last.links).map(([port, { down, up }]) => {
      const before = first.links[port]!;
      return [port, { down: down - before.down, up: up - before.up }];
    }),
  );
  const busy = samples.slice(1).map(({ busyRatio }) => busyRatio);
  return {
    cell: nameOf(cell),
    linkBitsPerSecond,
    run,
    at: new Date().toISOString(),
    seconds: outcomes.map(({ seconds }) => seconds),
    startSeconds,
    ends: outcomes.map(({ end }) => end),
    lastedSeconds: last.seconds,
    serverBytes: SERVERS.reduce((sum, name) => sum + links[name]!.up, 0),
    serverCpuSeconds: last.servers.cpuSeconds - first.servers.cpuSeconds,
    serverMegabytes: Math.max(...samples.map(({ servers }) => servers.residentMegabytes)),
    load: Math.max(...samples.map((sample) => sample.load)),
    busyRatio: busy.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, busy.length),
    freeMegabytes: Math.min(...samples.map(({ freeMegabytes }) => freeMegabytes)),
    links,
  };
}

/** SHA-256 of what a client has. Programs may still move the file and set its times (UFTP does), which changes no byte. */
async function hashOf(path: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest();
}

/** A file of random bytes. Resolves to its SHA-256. */
async function fill(path: string, sizeBytes: number): Promise<Buffer> {
  const hash = createHash('sha256');
  await using file = await open(path, 'w');
  for (let done = 0; done < sizeBytes; done += PIECE_BYTES) {
    const piece = randomBytes(Math.min(PIECE_BYTES, sizeBytes - done));
    hash.update(piece);
    // All of it: a single write may end early where the disk is nearly full.
    await file.writeFile(piece);
  }
  return hash.digest();
}

/** One file for each cell and run: what each second was like, how each client ended, and what each said. */
async function log(
  logs: string,
  { cell, run }: { readonly cell: Cell; readonly run: number },
  lines: readonly (Sample | Outcome)[],
  { servers }: Service,
  clients: readonly Client[],
): Promise<void> {
  await mkdir(logs, { recursive: true });
  const saidBy = [
    ...servers.map(({ stdout, stderr }, server) => ({ server, said: stdout, complained: stderr })),
    ...clients.map((one, client) => ({ client, said: one.log?.() })),
  ];
  const text = [...lines, ...saidBy].map((line) => JSON.stringify(line)).join('\n');
  await writeFile(join(logs, `${nameOf(cell).replaceAll('/', '_')}_${run}.jsonl`), `${text}\n`);
}
