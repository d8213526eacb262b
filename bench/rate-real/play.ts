import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { truncate, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { LayercastError } from '../../dist/base/errors.js';
import { preferred, Scene } from '../../test/e2e/scene.js';
import type { Bed } from '../../test/lab/bed.js';
import { applyLink, type LabLink } from '../../test/lab/lab-link.js';
import { ladderOf } from './ladder.js';
import { bestLevel } from './levels.js';
import { Recording } from './recording.js';
import { StagedReceiver } from './staged-receiver.js';

/** Rate and queue of a bottleneck. */
export interface Link {
  readonly rateBitsPerSecond: number;
  readonly queueMs: number;
}

/** Something that happens while a play runs. */
export interface Cue {
  readonly atS: number;
  readonly act: (stage: Stage) => Promise<void>;
}

/** One run of servers and receivers. */
export interface Plan {
  /** Of its log: letters, digits, hyphens. */
  readonly name: string;
  readonly seconds: number;
  /** Who receives: hosts, from when to when (0 and the end where it is not said). */
  readonly receivers: readonly {
    readonly host: string;
    readonly fromS?: number;
    readonly untilS?: number;
    readonly lossRatio?: number;
    /** The rate it is told where receivers are told one. */
    readonly toldBitsPerSecond: number;
  }[];
  readonly servers?: readonly string[];
  readonly ssm?: boolean;
  readonly others?: readonly string[];
  readonly sites?: Readonly<Record<string, readonly string[]>>;
  /** Bottlenecks toward hosts and sites. */
  readonly links?: Readonly<Record<string, Link>>;
  /** Links of other kinds, toward hosts. */
  readonly kinds?: Readonly<Record<string, LabLink>>;
  /** Bottlenecks toward a host, one for each server in their order. */
  readonly apart?: { readonly host: string; readonly links: readonly Link[] };
  /** 'fast': a group stops with its last listener; 'slow': after the 2 s of MLD's defaults. */
  readonly leave: Leave;
  readonly fastestBitsPerSecond: number;
  /** The lowest level, where it is not that of all ladders here. */
  readonly slowestBitsPerSecond?: number;
  readonly object?: { readonly sizeBytes: number };
  readonly cues?: readonly Cue[];
}

export type Leave = 'fast' | 'slow';

/** Settings of all plays, from the command line. */
export interface Playing {
  /** Folder for logs; none are kept without it. */
  readonly logs: string | undefined;
  /** Receivers are told the best level instead of finding it: what is the most that can be reached. */
  readonly told: boolean;
  /** The port that receivers use, as `LAYERCAST_NET`; undefined for that of their host. */
  readonly net: string | undefined;
  readonly signal: AbortSignal;
}

/** The parts of a running play that cues act on. */
export interface Stage {
  readonly bed: Bed;
  readonly recording: Recording;
  /** Changes a link while it runs. */
  readonly relink: (port: string, link: Link) => Promise<void>;
}

/** Plays a plan to its end, and resolves to its recording. Ends all processes and removes the hosts, however the play ends. */
export async function play(plan: Plan, playing: Playing): Promise<Recording> {
  const { servers = ['alpha'], others = [], sites = {}, receivers } = plan;
  await using scene = await Scene.lay([...servers, ...others, ...receivers.map(({ host }) => host)], { sites });
  await using watch = scene.bed.watch();
  const recording = new Recording(plan.name, watch);
  const over = new AbortController();
  const signal = AbortSignal.any([playing.signal, over.signal]);
  setMaxListeners(2 * receivers.length + (plan.cues?.length ?? 0) + 1, signal);
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new LayercastError('ABORTED', `${plan.name}: interrupted`)));
  });
  try {
    await Promise.race([perform(scene, recording, plan, { ...playing, signal }), interrupted]);
  } finally {
    over.abort();
    recording.end();
    if (playing.logs !== undefined) await recording.write(playing.logs);
  }
  return recording;
}

async function perform(scene: Scene, recording: Recording, plan: Plan, { told, net, signal }: Playing): Promise<void> {
  const { servers = ['alpha'], receivers, cues = [] } = plan;
  const stage = await setUp(scene, recording, plan);
  const config = await publish(scene, plan);
  await Promise.all(
    servers.map((host) => scene.serve(host, config, [], servers.length > 1 ? ['--host', host] : [], preferred)),
  );
  recording.begin();
  const after = (seconds: number) => delay(seconds * 1000, undefined, { signal });
  const receptions = receivers.map(async ({ host, fromS = 0, untilS = plan.seconds, toldBitsPerSecond }) => {
    await after(fromS);
    const more = told ? ['--channels', toldChannels(plan, toldBitsPerSecond)] : [];
    const options = net === undefined ? {} : { env: { LAYERCAST_NET: net } };
    const receiver = new StagedReceiver(host, scene.fetch(host, 'bench/object', `${host}-${fromS}`, more, options));
    recording.add(receiver);
    if (plan.object === undefined) await after(untilS - fromS);
    else await Promise.race([receiver.completed(), after(plan.seconds)]);
    recording.leaves(receiver);
    await receiver.end();
  });
  const acts = cues.map(async ({ atS, act }) => {
    await after(atS);
    await act(stage);
  });
  await Promise.all([...receptions, ...acts]);
}

async function setUp(scene: Scene, recording: Recording, plan: Plan): Promise<Stage> {
  const { bed } = scene;
  const relink = async (port: string, link: Link) => {
    await bed.port(port).shape(link);
    recording.linked(port, link.rateBitsPerSecond);
  };
  if (plan.leave === 'slow') await bed.leaveLatency(2000);
  else {
    const ports = [...plan.receivers.map(({ host }) => host), ...Object.keys(plan.sites ?? {})];
    for (const port of ports) await bed.port(port).fastLeave(true);
  }
  for (const [port, link] of Object.entries(plan.links ?? {})) await relink(port, link);
  for (const [host, link] of Object.entries(plan.kinds ?? {})) {
    const relay = await applyLink(bed, host, link);
    if (relay !== undefined) recording.relayed(host, relay);
  }
  if (plan.apart !== undefined) {
    const { host, links } = plan.apart;
    const shapes = links.map((link, index) => ({
      address: bed.host(plan.servers?.[index] ?? 'alpha').address,
      shape: link,
    }));
    await bed.port(host).shapeSources(shapes);
    for (const [index, link] of links.entries()) recording.linked(`${host}/${index + 1}`, link.rateBitsPerSecond);
  }
  for (const { host, lossRatio } of plan.receivers) {
    if (lossRatio !== undefined) await bed.host(host).lose({ ratio: lossRatio });
  }
  return { bed, recording, relink };
}

/** Writes the object and the fleet file. Without a size, the object is too large for any receiver to complete, and its bytes do not matter. */
async function publish(scene: Scene, plan: Plan): Promise<string> {
  const { servers = ['alpha'], seconds, fastestBitsPerSecond, slowestBitsPerSecond, object, ssm = false } = plan;
  const endless = ((seconds + 10) * fastestBitsPerSecond * servers.length) / 8 + 1e6;
  await writeFile(scene.path('object'), object === undefined ? '' : randomBytes(object.sizeBytes));
  if (object === undefined) await truncate(scene.path('object'), Math.ceil(1.3 * endless));
  const entries = servers.map((name, index) => [
    name,
    { address: scene.bed.host(name).address, offset: `${(100 * index) / servers.length}%` },
  ]);
  const channels = ladderOf(fastestBitsPerSecond, slowestBitsPerSecond).layers.map((rate) => ({ rate: `${rate}bit` }));
  const code = object === undefined ? 'none' : 'raptorq';
  return scene.fleet({
    fleet: 'bench',
    ssm,
    announceInterval: '1s',
    objects: { object: { file: 'object', code, channels } },
    ...(servers.length > 1 || ssm ? { servers: Object.fromEntries(entries) } : {}),
  });
}

function toldChannels(plan: Plan, rateBitsPerSecond: number): string {
  const { levels } = ladderOf(plan.fastestBitsPerSecond, plan.slowestBitsPerSecond);
  const count = Math.max(1, levels.indexOf(bestLevel(levels, rateBitsPerSecond)) + 1);
  return Array.from({ length: count }, (_, channel) => channel).join(',');
}
