import { DURATION, formatQuantity, RATE, rateText, SIZE } from '../../base/units.js';
import type { StartOffset } from '../../fleet/fleet.js';
import type { ChannelPlan, FleetPlan, ServerPlan } from '../../fleet/plan.js';
import type { FleetForecast, ForecastLevel, ObjectForecast } from '../../publish/forecast.js';
import { clip, table } from './table.js';
import { windowsText } from './windows-text.js';

const WIDTH = 80;

/** A plan as text for people, at most 80 columns wide and without colour. */
export function planText(plan: FleetForecast): string {
  const lines = [...headOf(plan), ...serversOf(plan), ...plan.objects.flatMap((object) => objectOf(object, plan))];
  return `${lines.map((line) => clip(line, WIDTH)).join('\n')}\n`;
}

function headOf(plan: FleetForecast): string[] {
  const { announcement, announceIntervalUs } = plan;
  const longestUs = Math.max(announceIntervalUs, ...plan.servers.map(({ announceRoundUs }) => announceRoundUs));
  return [
    `fleet ${clip(plan.fleet, 40)}: ${rateText(plan.rateBitsPerSecond)} in all`,
    `  scope ${plan.scope}, port ${plan.port}, ${plan.ssm ? 'source-specific' : 'any-source'}, symbols of ${plan.symbolBytes} B`,
    `  announced every ${formatQuantity(DURATION, longestUs, 2)} on ${announcement.group}`,
  ];
}

function serversOf({ servers }: FleetForecast): string[] {
  const [heading, ...rows] = table(
    [
      ['', 'server', 'rate', 'announcing', 'channels'],
      ...servers.map((server) => [
        String(server.index),
        clip(server.server, 40),
        rateText(server.rateBitsPerSecond),
        rateText(server.announceRateBitsPerSecond),
        String(server.channelCount),
      ]),
    ],
    [0, 2, 3, 4],
  );
  return ['', heading!, ...rows.flatMap((row, index) => [row, ...whereFrom(servers[index]!)])];
}

/** A separate line for address and interface, because there is no room for them beside a long name. */
function whereFrom({ address, interface: device }: ServerPlan): string[] {
  const from = [address && `from ${address}`, device && `on ${clip(device, 15)}`].filter(Boolean);
  return from.length === 0 ? [] : [`     ${from.join(' ')}`];
}

function objectOf(object: ObjectForecast, plan: FleetPlan): string[] {
  const size = object.sizeBytes === null ? 'size unknown, no such file' : formatQuantity(SIZE, object.sizeBytes);
  return [
    '',
    `object ${object.object}`,
    `  version ${object.version}, ${size}, code ${object.code}, mode ${object.mode}${blocksOf(object)}`,
    `  ${clippedPath(object.file)}`,
    ...(object.sizeBytes === 0 ? ['  empty: its announcement is all that is sent of it'] : []),
    ...(object.schedule === null ? [] : [`  ${windowsText(object.schedule)}; times below count only these windows`]),
    ...table(
      [
        ['ch', 'rate', 'pktDelay', 'offset', 'group'],
        ...object.channels.flatMap((channel) => channelRows(channel, plan)),
      ],
      [0, 1, 2, 3],
    ),
    ...framesLines(object),
    ...table(
      [
        ['channels', 'rate', 'payload', 'complete in', 'overhead', '10% loss', 'good to'],
        ...object.levels.map(levelRow),
      ],
      [1, 2, 3, 4, 5, 6],
    ),
    ...offsetLines(object),
    ...deltaLines(object, plan),
  ];
}

function deltaLines({ delta }: ObjectForecast, plan: FleetPlan): string[] {
  if (delta === null) return [];
  return [
    '  and a delta for receivers that have one of',
    ...delta.from.map((path) => `  ${clippedPath(path)}`),
    ...table(
      [
        ['ch', 'rate', 'pktDelay', 'offset', 'group'],
        ...delta.channels.flatMap((channel) => channelRows(channel, plan)),
      ],
      [0, 1, 2, 3],
    ),
  ];
}

function framesLines({ iotupd }: ObjectForecast): string[] {
  if (iotupd === null) return [];
  const { group, port, rateBitsPerSecond, frameBytes, trigger } = iotupd;
  const triggered = trigger === null ? [] : ['  these frames only while somebody listens'];
  return [`  also ${rateText(rateBitsPerSecond)} of iotupd to ${group} port ${port}, ${frameBytes} B`, ...triggered];
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
  const { burstDatagrams } = channel;
  const bursts = burstDatagrams === 1 ? [] : [['', '', '', '', `bursts of ${burstDatagrams} packets`]];
  const triggered = channel.trigger === null ? [] : [['', '', '', '', 'only while somebody listens']];
  const some = channel.servers.length < plan.servers.length;
  const names = some ? [['', '', '', '', `from ${clip(channel.servers.map((s) => s.server).join(', '), 33)}`]] : [];
  return [row, ...ownPort, ...bursts, ...triggered, ...names];
}

/** The row of a level: time and overhead without loss, overhead at 10 % loss, and the highest loss without duplicates. */
function levelRow(level: ForecastLevel): string[] {
  const { channels, rateBitsPerSecond, payloadBitsPerSecond, seconds, expected, maxLossRatio } = level;
  const [lossless, lossy] = [expected[0], expected.at(-1)];
  return [
    channels.length === 1 ? String(channels[0]) : `${channels[0]}–${channels.at(-1)}`,
    rateText(rateBitsPerSecond),
    rateText(payloadBitsPerSecond),
    seconds === null ? 'size unknown' : completionTime(lossless?.seconds ?? seconds),
    lossless === undefined ? '-' : percent(lossless.overhead),
    lossy === undefined ? '-' : percent(lossy.overhead),
    maxLossRatio === null ? '-' : `${Math.floor(maxLossRatio * 100)}%`,
  ];
}

/** A warning about the fixed offsets that cost most; with a code, a note that fixed offsets cost nothing. */
function offsetLines({ code, channels, warnings }: ObjectForecast): string[] {
  if (code === 'raptorq' && channels.some((channel) => channel.offset !== null)) {
    return ['  offsets cost nothing: each moves a channel within symbols of its own'];
  }
  const worst = warnings.toSorted((a, b) => b.costRatio - a.costRatio)[0];
  if (worst === undefined) return [];
  const [first, last] = [worst.channels[0], worst.channels.at(-1)];
  const names = first === last ? `channel ${first}` : `channels ${first}–${last}`;
  return [
    `  warning: offsets as written cost receivers of ${names} ${Math.round(worst.costRatio * 100)}% more time`,
    '           and data than offsets left to the planner',
  ];
}

function blocksOf({ code, blockCount }: ObjectForecast): string {
  return code === 'none' || blockCount === null ? '' : `, ${blockCount} block${blockCount === 1 ? '' : 's'}`;
}

/** A ratio in per cent with two significant digits, such as 0.02%, 1.3%; from 100% on as a whole number. */
function percent(ratio: number): string {
  const value = ratio * 100;
  if (value < 0.005) return '0%';
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))}%`;
}

/** A path that fits on a line. Its beginning is cut off, because its end says more. */
function clippedPath(path: string): string {
  const characters = [...path];
  return characters.length <= WIDTH - 2 ? path : `…${characters.slice(3 - WIDTH).join('')}`;
}

function offset(start: StartOffset): string {
  return 'bytes' in start ? formatQuantity(SIZE, start.bytes) : `${Number((start.ratio * 100).toPrecision(4))}%`;
}

/** A time in at most two units: `3 min 5 s`. */
export function completionTime(seconds: number): string {
  if (seconds < 60) return formatQuantity(DURATION, seconds * 1e6);
  const minutes = Math.round(seconds / 60);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}
