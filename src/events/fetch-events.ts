import {
  amount,
  bytes,
  channel,
  choice,
  count,
  event,
  list,
  map,
  message,
  name,
  optional,
  orNull,
  perChannel,
  perServer,
  ratio,
  record,
  wholeMs,
} from './fields.js';
import {
  channelIndex,
  descriptorFields,
  errorFields,
  fleet,
  group,
  intervalUs,
  membershipFields,
  messageText,
  object,
  objectBytes,
  optionalFields,
  port,
  progressFields,
  receivedOverhead,
  serverName,
  sha256,
  version,
} from './shared-fields.js';

/** Codes of a receiver's warnings. */
export const RECEIVER_WARNINGS = [
  /** One version was signed for two files. */
  'CONFLICT',
  /** A newer version is received, or other pieces of this one. */
  'SUPERSEDED',
  /** The announced version needs a later version of this program. */
  'UNSUPPORTED',
  /** A block was wrong and is received again. */
  'REJECTED_BLOCK',
  'FORGED',
  'SERVER_LEFT',
  /** A channel brings nothing and is joined anew. */
  'SILENCE',
  /** The first datagrams were dropped because the disk of this host is behind. */
  'DROPPED',
  /** The system refuses to join a group. */
  'JOIN_REFUSED',
  /** A version older than a completed one was announced. */
  'VERSION_REFUSED',
  /** Too few keys of the role signed the announced version, or keys that the root has removed. */
  'ROLE_REFUSED',
  /** A version for devices of other classes was announced. */
  'INCOMPATIBLE',
  /** A version that has expired was announced. */
  'EXPIRED',
  /** The version is not announced any more, and other objects of the server are. */
  'WITHDRAWN',
  /** A gateway serves no such object: a folder, or one that is encrypted. */
  'NOT_SERVED',
  /** The object was announced with a signature of another key. */
  'FOREIGN_KEY',
  /** Announcements arrive, but no data. */
  'NO_DATA',
  /** The highest rate allowed is below that of the lowest channel. */
  'RATE_BELOW_LADDER',
  /** The delta of the object cannot be received or used; the object is received without it. */
  'DELTA',
  /** A URL brings nothing, or wrong bytes, and is left. */
  'FILL',
  /** A seed cannot be read. */
  'SEED',
  /** The servers of a domain cannot be looked up any more. */
  'DNS',
  /** The file is complete, but its version could not be recorded. */
  'NOT_REMEMBERED',
] as const;

const datagrams = count('Datagrams received.');
const lostDatagrams = count('Datagrams lost.');

/** Counts of a receiver, for `complete` and for `stats()`. */
export const receiverStats = record({
  datagrams: count('Datagrams of the object, over the whole run.'),
  payloadBytes: count('Symbol bytes received, duplicates included, over the whole run.', 'B'),
  duplicateBytes: count('Symbol bytes that were there already, over the whole run.', 'B'),
  lostDatagrams: count('Datagrams lost, over the whole run.'),
  invalidDatagrams: count('Datagrams that were not used, over the whole run.'),
  invalid: map(
    name('Reason.'),
    count('Datagrams.'),
    '`invalidDatagrams` by reason; reasons that did not occur are missing.',
  ),
  droppedDatagrams: count('Datagrams that this host could not take because its disk was behind, over the whole run.'),
  rejectedBlocks: count('Blocks that were wrong and were received again, over the whole run.'),
  overhead: receivedOverhead,
  resumedBytes: bytes('Bytes that an earlier run left on disk.'),
  seedBytes: bytes('Bytes of the object that were taken from seeds.'),
  deltaBytes: bytes('Bytes of the object that were taken from its delta.'),
  filledBytes: bytes('Bytes that were asked for by unicast, and were right.'),
  wrongFilledBytes: bytes('Bytes that were asked for by unicast, and were wrong.'),
  servers: perServer(record({ server: serverName, datagrams, lostDatagrams }), 'Counts of each server.'),
  channels: perChannel(record({ channel: channelIndex, datagrams, lostDatagrams }), 'Counts of each channel.'),
});

/** The events of `fetch --json`, by name. */
export const fetchEvents = {
  waiting: event(
    'The receiver waits for an interface, for a lock that another process may still hold, or for the next window of a schedule.',
    {
      message: messageText,
    },
  ),
  listening: event('The group in which the fleet announces is joined.', {
    group,
    port,
    interface: orNull(name('Network interface; null: the system chooses.')),
    patienceMs: amount('ms', 'How long the receiver waits for an announcement before it gives up.'),
  }),
  descriptor: event(
    'An announcement with a right signature was received; again for a newer version, and at the beginning of each window of a schedule.',
    {
      ...descriptorFields,
      sha256,
      channels: perChannel(record({ channel: channelIndex, group, port, intervalUs }), 'The channels of the ladder.'),
      servers: perServer(name('Name.'), 'Names of the servers.'),
      ...optionalFields,
      resumedBytes: bytes('Bytes that an earlier run left on disk.'),
    },
  ),
  seed: event('What this host had of the object is in its place; only with seeds and a delta.', {
    bytes: bytes('Bytes of the object that were taken from seeds.'),
    deltaBytes: bytes('Bytes of the object that were taken from its delta.'),
    totalBytes: objectBytes,
  }),
  fill: event('A block that multicast did not bring was filled by unicast.', {
    url: name('URL of the file.'),
    block: count('Number of the block.'),
    bytes: bytes('Bytes that were asked for.'),
  }),
  join: event('A channel was joined.', membershipFields),
  leave: event('A channel was left.', membershipFields),
  progress: event('About once a second.', {
    ...progressFields,
    verifiedBytes: bytes('Bytes whose block has been verified.'),
    etaMs: optional(
      wholeMs('Time until the object is complete, at the present rate; missing until something arrives.'),
    ),
    servers: perServer(name('Name.'), 'Names of the servers that datagrams came from.'),
    channels: perChannel(channel('Index.'), 'Indexes of the joined channels.'),
    map: list(ratio('Share.'), 64, 'Share that is there of each of 64 equal stretches of the object.'),
  }),
  warning: event('Something to know that does not end the transfer.', {
    code: choice(RECEIVER_WARNINGS, 'What happened, as one word for programs.'),
    message: messageText,
  }),
  complete: event('The file is complete, verified and under its name; the last line.', {
    ...receiverStats.fields,
    fleet,
    object,
    version,
    bytes: objectBytes,
    sha256,
    elapsedMs: wholeMs('Time since the receiver started.'),
    path: optional(message('The file, as an absolute path; missing where there is no file.')),
  }),
  error: event('The command failed; the last line.', errorFields),
};
