import {
  amount,
  bytes,
  channel,
  choice,
  count,
  level,
  map,
  message,
  name,
  optional,
  orNull,
  overhead,
  plain,
  rate,
  ratio,
  record,
  wholeMs,
} from './fields.js';

/* Fields that events of more than one command have. */

/** Time of a line; lines of all commands except `list` have it. */
export const atMs = wholeMs(
  'Time since the command started, by a clock that never jumps; of `simulate` the simulated time.',
);

export const fleet = name('Name of the fleet.');
export const object = name('Name of the object.');
export const version = count('Version of the object.');
export const objectBytes = bytes('Bytes of the object.');
export const symbolBytes = bytes('Bytes of a symbol.');
export const sha256 = name('SHA-256 of the file, in hexadecimal.');
export const mode = choice(
  ['several', 'best'],
  '`several`: a receiver joins the first channels; `best`: each channel is complete by itself.',
);

/** Fields that `descriptor` begins with. */
export const descriptorFields = {
  fleet,
  object,
  version,
  bytes: objectBytes,
  symbolBytes,
  blockCount: count('Blocks of the object.'),
  mode,
};

export const channelIndex = channel();
export const group = name('Multicast group, an IPv6 address.');
export const port = count('UDP port.');
export const intervalUs = amount('µs', 'Time from one datagram of the channel to the next.');
export const serverName = name('Name of the server.');
export const code = name('What happened, as one word for programs.');
export const messageText = message('What happened, as a sentence for people.');
export const hint = optional(message('What to do about it.'));

/** A fault of this host or of its settings: the last line of a command that failed. */
export const errorFields = { code, message: messageText, hint };

/** Fields that say of a descriptor what it may leave out. */
export const optionalFields = {
  tree: optional(name('Format of the archive, `tar`, if the object is a folder; missing: it is a file.')),
  schedule: optional(
    record({
      everyMs: wholeMs('From the beginning of one window to that of the next.'),
      forMs: wholeMs('How long a window lasts.'),
      fromMs: wholeMs('When the first window began, after 1970-01-01T00:00Z.'),
    }),
  ),
};

/** Fields of `join` and `leave`. */
export const membershipFields = {
  server: orNull(name('Server whose datagrams alone are wanted; null: those of any server.')),
  channel: channelIndex,
  group,
  reason: message('Why, for people. A change of the level begins with the old and the new one: `level 2 → 3: `.'),
  compared: optional(
    map(
      name('What, with its unit: `lossRatio`, `queueMs`, `nextBitsPerSecond`.'),
      plain('How much.'),
      'The numbers that were compared; missing where there were none. Bounds begin with `most` and `least`.',
    ),
  ),
};

/** Fields that `progress` of every command has. */
export const progressFields = {
  bytes: bytes('Bytes of the object that are there.'),
  totalBytes: objectBytes,
  rateBitsPerSecond: rate('Rate of the packets of joined channels, over the last 5 s.'),
  lossRatio: ratio('Share of the datagrams that were lost, over the last 5 s.'),
  level: level('Level that is joined: 1 is the lowest, 0 none.'),
  levelCount: level('Levels of the ladder. A line without this field is of an older version: see "Older logs".'),
  levelRateBitsPerSecond: rate('Nominal rate of the joined channels.'),
  queueMs: amount('ms', 'Delay in the queues between the servers and here, estimated from one-way delays.'),
  capacityBitsPerSecond: orNull(rate('Estimated capacity of the slowest link on the path; null until measured.')),
};

export const receivedOverhead = overhead(
  'Symbols received ÷ symbols of the object − 1, those of earlier runs included.',
);
