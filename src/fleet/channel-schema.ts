import { z } from 'zod';
import { MAX_CHANNELS } from '../base/limits.js';
import { DURATION, RATE } from '../base/units.js';
import { exactlyOneOf, mappingOf, quantity, says, text } from '../config/fields.js';
import { dscp, hopLimit, port, startOffset, trigger } from './fields.js';

/** From one packet in two minutes to what no single host sends yet. */
export const rate = quantity(RATE, 100, 100e9);

/** From less than one datagram of most channels to more than 64 of fast ones. */
export const burst = quantity(DURATION, 1, 1e6);

/** What a simulated channel has, too. */
const pacedShape = {
  rate: rate.optional().meta({ description: 'Whole IPv6 packets, such as 4Mbit' }),
  pktDelay: quantity(DURATION, 0.1, 3600e6)
    .optional()
    .meta({ description: 'Time between two datagrams, such as 5ms: the same as rate, written the other way' }),
  offset: startOffset
    .optional()
    .meta({ description: 'Where in the object the carousel starts: 33% or 10MB. Default: the planner chooses' }),
};
const burstText = 'Longest time of its rate that leaves at once';

const triggeredShape = {
  ...pacedShape,
  burst: burst.optional().meta({ description: `${burstText}. Default: the object’s` }),
  group: text('IPv6 multicast group, such as ff15::42. Default: a hash of the channel’s name').optional(),
  port: port.optional().meta({ description: 'UDP port. Default: the fleet’s' }),
  hopLimit: hopLimit.optional().meta({ description: 'Routers that a packet may cross. Default: the fleet’s' }),
  dscp: dscp.optional().meta({ description: 'DiffServ code point. Default: the fleet’s' }),
  trigger: trigger
    .optional()
    .meta({ description: 'When the channel is sent, as for an object. Default: the object’s' }),
};

const saysSpeed = ({
  rate,
  pktDelay,
}: {
  readonly rate?: number | undefined;
  readonly pktDelay?: number | undefined;
}) => (rate === undefined) !== (pktDelay === undefined);
const unclearSpeed = exactlyOneOf('rate', 'pktDelay', 'unclear how fast to send');
const oneSpeed = { title: 'Channel', oneOf: [{ required: ['rate'] }, { required: ['pktDelay'] }] };

function listOfChannels<Channel extends z.ZodType>(channel: Channel) {
  return z
    .array(channel, says('not a list of channels', `1 to ${MAX_CHANNELS} channels, such as - { rate: 1Mbit }`))
    .min(1, says('no channels', `1 to ${MAX_CHANNELS} channels`))
    .max(MAX_CHANNELS, says('too many channels', `1 to ${MAX_CHANNELS} channels`));
}

const triggeredChannel = mappingOf('a channel', triggeredShape).refine(saysSpeed, unclearSpeed).meta(oneSpeed);

/** The channels of an object, in the order of their indexes. */
export const triggeredChannels = listOfChannels(triggeredChannel);

const simulatedShape = { ...pacedShape, burst: burst.optional().meta({ description: `${burstText}. Default: 1ms` }) };

/** The channels of an object that a scenario sends: usually with the lowest first, and always. Which groups they have makes no difference there. */
export const channelList = listOfChannels(
  mappingOf('a channel', simulatedShape).refine(saysSpeed, unclearSpeed).meta(oneSpeed),
);

const ladderShape = {
  from: rate.meta({ description: 'Rate of the lowest level, such as 1Mbit' }),
  to: rate.meta({ description: 'Highest rate that a level may have, such as 64Mbit' }),
};

export const ladder = mappingOf('a ladder', ladderShape).meta({
  title: 'Ladder',
  description: 'Generated channels: levels at 1, 4/3 and 5/3 times each power of two of the lowest',
});

export type ChannelEntry = z.output<typeof triggeredChannel>;
