import { z } from 'zod';
import { MAX_BLOCK_SYMBOLS, MAX_SYMBOL_BYTES } from '../base/limits.js';
import { choice, mappingOf, path, quantity, says, text, whole } from '../config/fields.js';
import { DURATION, SIZE } from '../config/units.js';
import {
  channelIndexes,
  ladderMode,
  objectCode,
  objectName,
  plainName,
  receiverMode,
  startOffset,
} from '../fleet/fields.js';
import { channelList, ladder } from '../fleet/fleet-schema.js';
import { clockDrift, clockError, loss, moment, queue, rate, rateOrRange } from './fields.js';

/** As many as a simulation on one core ends within minutes. */
const MAX_LINKS = 10_000;
export const MAX_RECEIVERS = 100_000;
/** Zeros are hashed once, at some 1.5 GB/s. */
const MAX_SIMULATED_BYTES = 100e9;

const objectShape = {
  fleet: path('Fleet file that describes the object, instead of all but the size').optional(),
  name: objectName.optional().meta({ description: 'Which object of that fleet file; without it the only one' }),
  size: quantity(SIZE, 1, MAX_SIMULATED_BYTES)
    .optional()
    .meta({ description: 'Bytes of the object; without it those of the file that the fleet file names' }),
  channels: channelList.optional(),
  ladder: ladder.optional(),
  code: objectCode.optional().meta({ description: 'Erasure code; without it raptorq' }),
  mode: ladderMode.optional().meta({ description: 'How channels go together; without it several' }),
  symbolBytes: whole(16, MAX_SYMBOL_BYTES).optional().meta({ description: 'Without it 1184' }),
  blockSymbols: whole(1, MAX_BLOCK_SYMBOLS).optional().meta({ description: 'Without it as suits the size' }),
};

const below = plainName.optional().meta({ description: 'Link that it is behind; without it at the root' });

const serverShape = {
  below,
  rate: rate.optional().meta({ description: 'Of its own link to the network; without it no limit' }),
  queue: queue.optional().meta({ description: 'In front of that link' }),
  delay: moment.optional().meta({ description: 'Of that link' }),
  address: text('Unicast IPv6 address; without it one is made up').optional(),
  offset: startOffset.optional().meta({ description: 'Added to the offsets of its channels' }),
  channels: channelIndexes.optional().meta({ description: 'Which it sends; without it all' }),
  clockError: clockError.optional().meta({ description: 'How far its clock is ahead, or with a minus sign behind' }),
  clockDrift: clockDrift.optional().meta({ description: 'How much too fast its clock runs, such as 20ppm' }),
  start: moment.optional().meta({ description: 'When it begins to send; without it at once' }),
  stop: moment.optional().meta({ description: 'When it loses power; without it never' }),
};

const directionShape = {
  rate: rate.optional().meta({ description: 'Without it no limit' }),
  queue: queue.optional().meta({ description: 'Bytes, or the time that they take; without it 64 kB' }),
  delay: moment.optional().meta({ description: 'Propagation, one way' }),
  loss: loss.optional().meta({ description: '1%, or { share: 1%, burst: 5 } for losses in a row' }),
  jitter: moment
    .optional()
    .meta({ description: 'Delay on top, from none to this, so that packets overtake each other' }),
};

const changeShape = { at: moment, ...directionShape };

const linkShape = {
  below,
  count: whole(1, MAX_LINKS).optional().meta({ description: 'How many there are of it, for receivers in turn' }),
  ...directionShape,
  rate: rateOrRange
    .optional()
    .meta({ description: 'Without it no limit; { from: 1Mbit, to: 100Mbit } for any between' }),
  up: mappingOf('a direction', directionShape)
    .optional()
    .meta({ description: 'Towards the root; without it no limit' }),
  graftDelay: moment.optional().meta({ description: 'From a join to the first packet; without it none' }),
  leaveLatency: moment.optional().meta({ description: 'From the last leave to silence; MLD’s defaults take 2s' }),
  changes: z
    .array(
      mappingOf('a change', changeShape),
      says('not a list of changes', 'changes such as - { at: 20s, rate: 1Mbit }'),
    )
    .optional(),
};

const sleepShape = { from: moment, to: moment };
const deathShape = { at: moment, rise: moment.optional().meta({ description: 'When it is back; without it never' }) };

const receiverShape = {
  below,
  count: whole(1, MAX_RECEIVERS).optional().meta({ description: 'How many; without it one' }),
  model: choice(['full', 'crowd'])
    .optional()
    .meta({ description: 'All of the receiver, or its decisions alone; without it crowd for more than one' }),
  start: moment.optional(),
  startSpread: moment.optional().meta({ description: 'Each starts at some moment within so long after start' }),
  clockError: clockError.optional(),
  clockDrift: clockDrift.optional(),
  mode: receiverMode.optional().meta({ description: 'As fetch --mode' }),
  channels: channelIndexes.optional().meta({ description: 'As fetch --channels' }),
  maxRate: rate.optional().meta({ description: 'As fetch --max-rate' }),
  patience: quantity(DURATION, 1e6, 24 * 3600e6)
    .optional()
    .meta({ description: 'As fetch --patience' }),
  diskRate: rate.optional().meta({ description: 'What its disk takes, such as 40Mbit; without it any rate' }),
  sleeps: z
    .array(mappingOf('a sleep', sleepShape), says('not a list of sleeps', 'times such as - { from: 10s, to: 20s }'))
    .optional()
    .meta({ description: 'While its interface is down' }),
  deaths: z
    .array(mappingOf('a death', deathShape), says('not a list of deaths', 'times such as - { at: 10s, rise: 15s }'))
    .optional()
    .meta({ description: 'Power cuts; its disk survives' }),
};

const trafficShape = {
  kind: choice(['reno', 'cubic', 'udp']).meta({ description: 'TCP that always has more to send, or a constant rate' }),
  below: plainName.meta({ description: 'Link that its receiver is behind; of several, one flow for each' }),
  from: plainName.optional().meta({ description: 'Link that its sender is behind; without it at the root' }),
  start: moment.optional(),
  stop: moment.optional(),
  rate: rate.optional().meta({ description: 'Of udp' }),
  returnDelay: moment.optional().meta({ description: 'What an acknowledgement takes; without it 10ms' }),
  packetBytes: whole(100, 9000).optional().meta({ description: 'With all headers; without it 1500' }),
};

const scenarioShape = {
  duration: quantity(DURATION, 1e3, 24 * 3600e6).meta({ description: 'Simulated time; less when all are done' }),
  sampleInterval: quantity(DURATION, 1e3, 3600e6)
    .default(500e3)
    .meta({ description: 'Time between two samples; without it 500ms', default: '500ms' }),
  seed: whole(0, 2 ** 48)
    .default(1)
    .meta({ description: 'Of all that is random; --seed goes before it' }),
  object: mappingOf('an object', objectShape).meta({ description: 'What is sent: described here, or in a fleet file' }),
  servers: z
    .record(
      plainName,
      mappingOf('a server', serverShape)
        .nullable()
        .transform((value) => value ?? {}),
      says('not servers', 'a mapping from names to servers'),
    )
    .nullish()
    .meta({ description: 'Who sends; without it one, or the fleet’s' }),
  links: entries('link', linkShape).nullish().meta({ description: 'A tree of links below one root' }),
  receivers: entries('receiver', receiverShape),
  traffic: entries('flow', trafficShape).nullish().meta({ description: 'What else the links carry' }),
};

export const scenarioSchema = mappingOf('a scenario', scenarioShape).meta({
  title: 'layercast scenario',
  description: 'A network, who sends and receives over it, and what happens to it',
});

/** JSON Schema (draft 7, which every editor knows) of what may be written in a scenario file. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' });
}

export type ScenarioFile = z.output<typeof scenarioSchema>;
export type ObjectEntry = ScenarioFile['object'];
export type ServerEntry = z.output<ReturnType<typeof z.strictObject<typeof serverShape>>>;
export type DirectionEntry = z.output<ReturnType<typeof z.strictObject<typeof directionShape>>>;
export type LinkEntry = z.output<ReturnType<typeof z.strictObject<typeof linkShape>>>;
export type ReceiverEntry = z.output<ReturnType<typeof z.strictObject<typeof receiverShape>>>;
export type TrafficEntry = z.output<ReturnType<typeof z.strictObject<typeof trafficShape>>>;

/** A mapping from names to entries of one kind. */
function entries<const Shape extends z.core.$ZodShape>(what: string, shape: Shape) {
  const entry = mappingOf(`a ${what}`, shape);
  return z.record(plainName, entry, says(`not ${what}s`, `a mapping from names to ${what}s`));
}
