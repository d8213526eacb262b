import { z } from 'zod';
import { MAX_BLOCK_SYMBOLS, MAX_SYMBOL_BYTES } from '../base/limits.js';
import { DURATION, SIZE } from '../base/units.js';
import { choice, mappingOf, path, quantity, says, text, whole } from '../config/fields.js';
import { channelList, ladder } from '../fleet/channel-schema.js';
import {
  caution,
  channelIndexes,
  ladderMode,
  objectCode,
  objectName,
  plainName,
  receiverMode,
  startOffset,
} from '../fleet/fields.js';
import { clockDrift, clockError, loss, moment, queue, rate, rateOrRange } from './fields.js';
import { linkModel } from './model-fields.js';

/** A simulation of this many links ends within minutes on one core. */
const MAX_LINKS = 10_000;
export const MAX_RECEIVERS = 100_000;
/** Zeros are hashed once, at some 1.5 GB/s. */
const MAX_SIMULATED_BYTES = 100e9;

const objectShape = {
  fleet: path('Fleet file that describes the object; only its size may be given here too').optional(),
  name: objectName.optional().meta({ description: 'Object of that fleet file. Default: the only one' }),
  size: quantity(SIZE, 1, MAX_SIMULATED_BYTES)
    .optional()
    .meta({ description: 'Size of the object. Default: the size of the file that the fleet file names' }),
  channels: channelList.optional(),
  ladder: ladder.optional(),
  code: objectCode.optional().meta({ description: 'Erasure code. Default: raptorq' }),
  mode: ladderMode
    .optional()
    .meta({ description: 'several: channels add up; best: each channel is complete. Default: several' }),
  symbolBytes: whole(16, MAX_SYMBOL_BYTES)
    .optional()
    .meta({ description: 'Bytes of the object in each datagram. Default: 1184' }),
  blockSymbols: whole(1, MAX_BLOCK_SYMBOLS)
    .optional()
    .meta({ description: 'Maximum symbols per block. Default: chosen from the size' }),
};

const below = plainName.optional().meta({ description: 'Link that it is below. Default: the root of the tree' });

const deathShape = {
  at: moment,
  rise: moment.optional().meta({ description: 'When the power is back. Default: never' }),
};

const deaths = z.array(
  mappingOf('a death', deathShape),
  says('not a list of deaths', 'times such as - { at: 10s, rise: 15s }'),
);

const serverShape = {
  below,
  rate: rate.optional().meta({ description: 'Rate of the server’s own link to the network. Default: no limit' }),
  queue: queue.optional().meta({ description: 'Queue in front of that link' }),
  delay: moment.optional().meta({ description: 'Propagation delay of that link' }),
  address: text('Unicast IPv6 address. Default: an address made up').optional(),
  offset: startOffset.optional().meta({ description: 'Added to the offsets of the server’s channels' }),
  channels: channelIndexes
    .optional()
    .meta({ description: 'Indexes of the channels that the server sends. Default: all' }),
  clockError: clockError.optional().meta({ description: 'How far the clock is ahead, or behind with a minus sign' }),
  clockDrift: clockDrift.optional().meta({ description: 'How much too fast the clock runs, such as 20ppm' }),
  start: moment.optional().meta({ description: 'When the server begins to send. Default: at once' }),
  stop: moment.optional().meta({ description: 'When the server loses power for ever. Default: never' }),
  deaths: deaths.optional().meta({ description: 'Power cuts, after which it begins again' }),
};

const settingsShape = {
  rate: rate.optional().meta({ description: 'Rate of the link. Default: no limit' }),
  queue: queue
    .optional()
    .meta({ description: 'Size of the queue: bytes, or the time that they take to leave. Default: 64 kB' }),
  delay: moment.optional().meta({ description: 'Propagation delay, one way' }),
  loss: loss
    .optional()
    .meta({ description: 'Share of packets lost: 1%, or { share: 1%, burst: 5 } for losses in bursts' }),
  jitter: moment
    .optional()
    .meta({ description: 'Maximum extra delay, random for each packet, so that packets overtake each other' }),
};

const changeShape = { at: moment, ...settingsShape };

const link = linkModel
  .optional()
  .meta({ description: 'How the link serves packets. Default: one after the other at its rate, from one queue' });

const directionShape = { ...settingsShape, link };

const linkShape = {
  below,
  count: whole(1, MAX_LINKS)
    .optional()
    .meta({ description: 'Number of such links; receivers are spread over them in turn' }),
  ...directionShape,
  rate: rateOrRange.optional().meta({
    description: 'Rate of the link, or { from: 1Mbit, to: 100Mbit } for a random rate of each. Default: no limit',
  }),
  up: mappingOf('a direction', directionShape)
    .optional()
    .meta({ description: 'The direction towards the root. Default: no limit' }),
  graftDelay: moment.optional().meta({ description: 'Time from a join to the first packet. Default: none' }),
  leaveLatency: moment
    .optional()
    .meta({ description: 'Time from the last leave until the link stops sending; 2s with the defaults of MLD' }),
  changes: z
    .array(
      mappingOf('a change', changeShape),
      says('not a list of changes', 'changes such as - { at: 20s, rate: 1Mbit }'),
    )
    .optional(),
};

const sleepShape = { from: moment, to: moment };
const turn = quantity(DURATION, 1e5, 24 * 3600e6);
const dutyCycleShape = {
  awake: turn.meta({ description: 'Mean time between two sleeps' }),
  asleep: turn.meta({ description: 'Mean length of a sleep' }),
};

const receiverShape = {
  below,
  count: whole(1, MAX_RECEIVERS).optional().meta({ description: 'Number of such receivers. Default: 1' }),
  model: choice(['full', 'crowd'])
    .optional()
    .meta({ description: 'full: all of a receiver; crowd: its decisions alone. Default: crowd for more than one' }),
  start: moment.optional().meta({ description: 'When it starts. Default: at once' }),
  startSpread: moment
    .optional()
    .meta({ description: 'Each receiver starts at a random moment within this time after start' }),
  clockError: clockError.optional(),
  clockDrift: clockDrift.optional(),
  mode: receiverMode.optional().meta({ description: 'As fetch --mode' }),
  channels: channelIndexes.optional().meta({ description: 'As fetch --channels' }),
  maxRate: rate.optional().meta({ description: 'As fetch --max-rate' }),
  caution: caution.optional().meta({ description: 'As fetch --caution' }),
  patience: quantity(DURATION, 1e6, 24 * 3600e6)
    .optional()
    .meta({ description: 'As fetch --patience' }),
  diskRate: rate.optional().meta({ description: 'Rate at which the disk writes, such as 40Mbit. Default: no limit' }),
  sleeps: z
    .array(mappingOf('a sleep', sleepShape), says('not a list of sleeps', 'times such as - { from: 10s, to: 20s }'))
    .optional()
    .meta({ description: 'Times during which the interface is down' }),
  deaths: deaths.optional().meta({ description: 'Power cuts; the disk survives them' }),
  dutyCycle: mappingOf('a duty cycle', dutyCycleShape)
    .optional()
    .meta({ description: 'Members of a crowd are awake and asleep in turn, for random times with these means' }),
};

const trafficShape = {
  kind: choice(['reno', 'cubic', 'udp']).meta({
    description: 'reno, cubic: TCP that always has more to send; udp: a constant rate',
  }),
  below: plainName.meta({ description: 'Link that the receiver of the flow is below; several links get a flow each' }),
  from: plainName
    .optional()
    .meta({ description: 'Link that the sender of the flow is below. Default: the root of the tree' }),
  start: moment.optional(),
  stop: moment.optional(),
  rate: rate.optional().meta({ description: 'Rate of kind udp' }),
  returnDelay: moment.optional().meta({ description: 'Delay of an acknowledgement. Default: 10ms' }),
  packetBytes: whole(100, 9000).optional().meta({ description: 'Bytes of a packet with all headers. Default: 1500' }),
};

const scenarioShape = {
  duration: quantity(DURATION, 1e3, 24 * 3600e6).meta({
    description: 'Simulated time; the run ends sooner when all receivers are done',
  }),
  sampleInterval: quantity(DURATION, 1e3, 3600e6)
    .default(500e3)
    .meta({ description: 'Time between two samples. Default: 500ms', default: '500ms' }),
  seed: whole(0, 2 ** 48)
    .default(1)
    .meta({ description: 'Seed of everything random; --seed overrides it' }),
  object: mappingOf('an object', objectShape).meta({
    description: 'Object to send, described here or in a fleet file',
  }),
  servers: z
    .record(
      plainName,
      mappingOf('a server', serverShape)
        .nullable()
        .transform((value) => value ?? {}),
      says('not servers', 'a mapping from names to servers'),
    )
    .nullish()
    .meta({ description: 'Servers, by name. Default: one server, or those of the fleet file' }),
  links: entries('link', linkShape).nullish().meta({ description: 'A tree of links below one root' }),
  receivers: entries('receiver', receiverShape),
  traffic: entries('flow', trafficShape).nullish().meta({ description: 'Other traffic on the links, by name' }),
};

export const scenarioSchema = mappingOf('a scenario', scenarioShape).meta({
  title: 'layercast scenario',
  description: 'A network, its servers and receivers, and what happens to them',
});

/** JSON Schema (draft 7, which every editor knows) of what may be written in a scenario file. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' });
}

export type ScenarioFile = z.output<typeof scenarioSchema>;
export type ObjectEntry = ScenarioFile['object'];
export type ServerEntry = z.output<ReturnType<typeof z.strictObject<typeof serverShape>>>;
export type SettingsEntry = z.output<ReturnType<typeof z.strictObject<typeof settingsShape>>>;
export type DirectionEntry = z.output<ReturnType<typeof z.strictObject<typeof directionShape>>>;
export type LinkEntry = z.output<ReturnType<typeof z.strictObject<typeof linkShape>>>;
export type ReceiverEntry = z.output<ReturnType<typeof z.strictObject<typeof receiverShape>>>;
export type TrafficEntry = z.output<ReturnType<typeof z.strictObject<typeof trafficShape>>>;

/** A mapping from names to entries of one kind. */
function entries<const Shape extends z.core.$ZodShape>(what: string, shape: Shape) {
  const entry = mappingOf(`a ${what}`, shape);
  return z.record(plainName, entry, says(`not ${what}s`, `a mapping from names to ${what}s`));
}
