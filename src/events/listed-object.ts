import { amount, event, list, name, orNull, perChannel, perServer, rate, ratio, record, truth } from './fields.js';
import {
  channelIndex,
  fleet,
  group,
  mode,
  object,
  objectBytes,
  optionalFields,
  port,
  serverName,
  sha256,
  symbolBytes,
  version,
} from './shared-fields.js';

/** A receiver keeps 16 of each record, and lists records of one version together. */
const MAX_SOURCES = 10_000;

/** A line of `list --json`: one version of an object that is announced. It has no `event`. */
export const listedObject = event('One version of an object that is announced.', {
  fleet,
  object,
  version,
  bytes: objectBytes,
  symbolBytes,
  sha256,
  mode,
  ssm: truth('Whether channels are source-specific.'),
  channels: perChannel(
    record({
      channel: channelIndex,
      group,
      port,
      rateBitsPerSecond: rate('Rate of whole packets.'),
      pktDelayUs: amount('µs', 'Time from one datagram of the channel to the next.'),
      offset: ratio('Where in the object the channel starts.'),
    }),
    'The channels of the ladder.',
  ),
  servers: perServer(
    record({ server: serverName, address: orNull(name('Its IPv6 address; null: any.')) }),
    'The servers.',
  ),
  created: name('When the description was signed, ISO 8601.'),
  expires: orNull(name('When receivers refuse it, ISO 8601; null: never.')),
  sources: list(name('Address.'), MAX_SOURCES, 'Addresses that announce it.'),
  ...optionalFields,
  genuine: orNull(truth('Whether `--key` signed it; null without `--key`.')),
});
