import type { StartOffset } from '../fleet/fleet.js';
import type { ChannelPlan, FleetPlan, LevelPlan, ObjectPlan, ServerPlan } from '../fleet/plan.js';
import { DURATION, formatQuantity, RATE, SIZE } from '../fleet/units.js';
import { clip, table } from './table.js';

const WIDTH = 80;

/** A plan for people: at most 80 columns, without colour. */
export function planText(plan: FleetPlan): string {
  const lines = [...headOf(plan), ...serversOf(plan), ...plan.objects.flatMap((object) => objectOf(object, plan))];
  return `${lines.map((line) => clip(line, WIDTH)).join('\n')}\n`;
}

function headOf(plan: FleetPlan): string[] {
  const { announcement, announceIntervalUs } = plan;
  return [
    `fleet ${clip(plan.fleet, 40)}: ${rate(plan.rateBitsPerSecond)} in all`,
    `  scope ${plan.scope}, port ${plan.port}, ${plan.ssm ? 'source-specific' : 'any-source'}, symbols of ${plan.symbolBytes} B`,
    `  announced every ${formatQuantity(DURATION, announceIntervalUs)} on ${announcement.group}`,
  ];
}

function serversOf({ servers }: FleetPlan): string[] {
  const [heading, ...rows] = table(
    [
      ['', 'server', 'rate', 'channels'],
      ...servers.map((server) => [
        String(server.index),
        clip(server.server, 40),
        rate(server.rateBitsPerSecond),
        String(server.channelCount),
      ]),
    ],
    [0, 2, 3],
  );
  return ['', heading!, ...rows.flatMap((row, index) => [row, ...whereFrom(servers[index]!)])];
}

/** On a line of its own, as an address and a long name have no room beside each other. */
function whereFrom({ address, interface: device }: ServerPlan): string[] {
  const from = [address && `from ${address}`, device && `on ${clip(device, 15)}`].filter(Boolean);
  return from.length === 0 ? [] : [`     ${from.join(' ')}`];
}

function objectOf(object: ObjectPlan, plan: FleetPlan): string[] {
  const size = object.sizeBytes === null ? 'size unknown, no such file' : formatQuantity(SIZE, object.sizeBytes);
  return [
    '',
    `object ${object.object}`,
    `  version ${object.version}, ${size}, code ${object.code}, mode ${object.mode}`,
    `  ${clippedPath(object.file)}`,
    ...table(
      [
        ['ch', 'rate', 'pktDelay', 'offset', 'group'],
        ...object.channels.flatMap((channel) => channelRows(channel, plan)),
      ],
      [0, 1, 2, 3],
    ),
    ...table([['level', 'rate', 'payload', 'complete in'], ...object.levels.map(levelRow)], [1, 2, 3]),
  ];
}

function channelRows(channel: ChannelPlan, plan: FleetPlan): string[][] {
  const row = [
    String(channel.channel),
    formatQuantity(RATE, channel.rateBitsPerSecond),
    formatQuantity(DURATION, channel.pktDelayUs, 4),
    channel.offset === null ? 'planner' : offset(channel.offset),
    channel.group,
  ];
  const ownPort = channel.port === plan.port ? [] : [['', '', '', '', `port ${channel.port}`]];
  const some = channel.servers.length < plan.servers.length;
  const names = some ? [['', '', '', '', `from ${clip(channel.servers.map((s) => s.server).join(', '), 33)}`]] : [];
  return [row, ...ownPort, ...names];
}

function levelRow({ channels, rateBitsPerSecond, payloadBitsPerSecond, seconds }: LevelPlan): string[] {
  const [first, last] = [channels[0], channels.at(-1)];
  return [
    first === last ? `channel ${first}` : `channels ${first}-${last}`,
    rate(rateBitsPerSecond),
    rate(payloadBitsPerSecond),
    seconds === null ? 'size unknown' : time(seconds),
  ];
}

/** The end of a path says more than its beginning. */
function clippedPath(path: string): string {
  const characters = [...path];
  return characters.length <= WIDTH - 2 ? path : `…${characters.slice(3 - WIDTH).join('')}`;
}

function rate(bitsPerSecond: number): string {
  return `${formatQuantity(RATE, bitsPerSecond)}/s`;
}

function offset(start: StartOffset): string {
  return 'bytes' in start ? formatQuantity(SIZE, start.bytes) : `${Number((start.ratio * 100).toPrecision(4))}%`;
}

/** Two units at most: `3 min 5 s`. */
function time(seconds: number): string {
  if (seconds < 60) return formatQuantity(DURATION, seconds * 1e6);
  const minutes = Math.round(seconds / 60);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}
