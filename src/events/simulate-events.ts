import type { Field } from './field-kinds.js';
import {
  amount,
  count,
  event,
  level,
  list,
  name,
  optional,
  orNull,
  perChannel,
  perServer,
  rate,
  ratio,
  record,
  wholeMs,
} from './fields.js';
import {
  channelIndex,
  code,
  descriptorFields,
  group,
  intervalUs,
  membershipFields,
  messageText,
  objectBytes,
  progressFields,
  receivedOverhead,
} from './shared-fields.js';

/** Most receivers, links or flows of one simulation. */
const MAX_ENTRIES = 100_000;

const receiver = name('Name of the receiver or crowd.');
const link = name('Name of the link.');
const flow = name('Name of the flow.');
const capacity = orNull(rate('What the link carries; null without a limit.'));

/** Least, median and largest value of a figure over several receivers; for one receiver all three are equal. */
function spread<Figure extends Field>(figure: Figure, description: string) {
  return event(description, { min: figure, median: figure, max: figure });
}

export const receiverSummary = record({
  receiver: name('Name of the entry in the scenario.'),
  count: count('Receivers of the entry.'),
  completeCount: count('Receivers that are complete.'),
  failedCount: count('Receivers that ended with an error.'),
  completionMs: orNull(
    spread(amount('ms', 'Time.'), 'Time from start to completion, of those that are complete; null when none is.'),
  ),
  progress: spread(ratio('Share.'), 'Share of the object that is there.'),
  level: spread(amount('level', 'Mean.'), 'Mean level over the time of listening: 1 is the lowest, 0 none.'),
  rateBitsPerSecond: spread(rate('Mean.'), 'Mean rate of whole packets over the same time.'),
  share: orNull(
    spread(
      amount('0–1', 'Share.'),
      'Mean rate ÷ the least rate of the links above, over the same time; null where no link has one.',
    ),
  ),
  lossRatio: spread(ratio('Share.'), 'Share of the datagrams that were lost.'),
});

export const linkSummary = record({
  link,
  rateBitsPerSecond: rate('Mean rate carried.'),
  capacityBitsPerSecond: orNull(rate('Mean capacity; null where the link had no limit at some time.')),
  use: orNull(
    amount('0–1', 'Bits carried ÷ bits that the capacity allowed, over the whole time; null without a limit.'),
  ),
  lossRatio: ratio('Share of the packets that were lost or dropped.'),
  dropRatio: optional(
    ratio('Share of the packets that the link itself dropped: for want of room or tokens, or to keep its queue short.'),
  ),
});

export const flowSummary = record({
  flow,
  rateBitsPerSecond: rate('Mean rate from its start to its stop.'),
  lossRatio: ratio('Share of the packets that were lost or dropped.'),
});

/**
 * The events of `simulate --json`, by name. Events that `fetch` has too mean the same here, and also name the receiver. A crowd
 * counts as one receiver, whose figures are the mean of its members, or their median where the field says so.
 */
export const simulateEvents = {
  descriptor: event('The object that is sent; the first line.', {
    ...descriptorFields,
    channels: perChannel(record({ channel: channelIndex, group, intervalUs }), 'The channels of the ladder.'),
    servers: perServer(name('Name.'), 'Names of the servers.'),
  }),
  join: event('A channel was joined; of full receivers only.', { receiver, ...membershipFields }),
  leave: event('A channel was left; of full receivers only.', { receiver, ...membershipFields }),
  progress: event('A sample of a receiver, each `sampleInterval`.', {
    receiver,
    ...progressFields,
    rateBitsPerSecond: rate('Rate of whole packets since the last sample.'),
    lossRatio: ratio('Share of the datagrams of joined channels that were lost since the last sample.'),
    level: level('Level that is joined: 1 is the lowest, 0 none; of a crowd the median.'),
    queueMs: orNull(progressFields.queueMs),
    listening: optional(count('Members of the crowd that are listening.')),
    complete: optional(count('Members of the crowd that are complete.')),
    levelMin: optional(level('Lowest level of the members that are listening.')),
    levelMax: optional(level('Highest level of the members that are listening.')),
  }),
  link: event('A sample of one direction of a link, each `sampleInterval`.', {
    link,
    rateBitsPerSecond: rate('Rate carried since the last sample.'),
    capacityBitsPerSecond: capacity,
    queueMs: amount('ms', 'Delay in the queue of the link.'),
    lossRatio: ratio('Share of the packets that were lost or dropped since the last sample.'),
    dropRatio: optional(
      ratio('What of `lossRatio` the link dropped itself: for want of room or tokens, or to keep its queue short.'),
    ),
  }),
  flow: event('A sample of cross traffic, each `sampleInterval`.', {
    flow,
    rateBitsPerSecond: rate('Rate of whole packets that arrived since the last sample.'),
  }),
  complete: event('A receiver, or the last member of a crowd, is complete.', {
    receiver,
    elapsedMs: wholeMs('Time since the receiver started; of a crowd since its first member started.'),
    bytes: objectBytes,
    overhead: optional(receivedOverhead),
  }),
  memberComplete: event('One member of a crowd is complete.', {
    receiver,
    member: count('Number of the member, from 1.'),
    elapsedMs: wholeMs('Time since the member started.'),
  }),
  warning: event('A warning as in `fetch`; of full receivers only.', { receiver, code, message: messageText }),
  failure: event('A full receiver ended with an error.', {
    receiver,
    elapsedMs: wholeMs('Time since the receiver started.'),
    bytes: progressFields.bytes,
    code,
    message: messageText,
  }),
  summary: event('The result of the simulation; the last line.', {
    seed: name('The seed of all random numbers.'),
    digest: name('16 hexadecimal digits over everything that happened: two runs with the same digest are the same.'),
    receivers: list(receiverSummary, MAX_ENTRIES, 'One entry for each entry of the scenario.'),
    links: list(linkSummary, MAX_ENTRIES, 'One entry for each link, towards the receivers.'),
    flows: list(flowSummary, MAX_ENTRIES, 'One entry for each flow.'),
  }),
};
