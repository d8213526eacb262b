import { z } from 'zod';
import {
  DEFAULT_ANNOUNCE_INTERVAL_US,
  DEFAULT_SYMBOL_BYTES,
  MAX_BLOCK_SYMBOLS,
  MAX_CHANNELS,
  MAX_SEEDS,
  MAX_SERVERS,
  MAX_SYMBOL_BYTES,
  MAX_VERSION,
} from '../base/limits.js';
import { exactlyOneOf, mappingOf, path, quantity, says, text, truth, whole } from '../config/fields.js';
import { DURATION, RATE } from '../config/units.js';
import { DEFAULT_BURST_US } from '../rate/burst.js';
import { DEFAULT_GROUP_HASH, DEFAULT_PORT, DEFAULT_SCOPE } from '../wire/group-options.js';
import { MAX_EVERY_S, MIN_EVERY_S } from '../wire/sending-windows.js';
import {
  channelIndexes,
  deviceClasses,
  dscp,
  frameBytes,
  groupHash,
  hopLimit,
  ladderMode,
  librecastHash,
  librecastName,
  objectCode,
  objectName,
  plainName,
  port,
  scope,
  serverKey,
  startOffset,
  trigger,
} from './fields.js';

/** From one packet in two minutes to what no single host sends yet. */
export const rate = quantity(RATE, 100, 100e9);

/** From less than one datagram of most channels to more than 64 of fast ones. */
const burst = quantity(DURATION, 1, 1e6);

const channelShape = {
  rate: rate.optional().meta({ description: 'Whole IPv6 packets, such as 4Mbit' }),
  pktDelay: quantity(DURATION, 0.1, 3600e6)
    .optional()
    .meta({ description: 'Time between two datagrams, such as 5ms: the same as rate, written the other way' }),
  offset: startOffset
    .optional()
    .meta({ description: 'Where in the object the carousel starts: 33% or 10MB. Default: the planner chooses' }),
  burst: burst.optional().meta({ description: 'Longest time of its rate that leaves at once. Default: the object’s' }),
  group: text('IPv6 multicast group, such as ff15::42. Default: a hash of the channel’s name').optional(),
  port: port.optional().meta({ description: 'UDP port. Default: the fleet’s' }),
  hopLimit: hopLimit.optional().meta({ description: 'Routers that a packet may cross. Default: the fleet’s' }),
  dscp: dscp.optional().meta({ description: 'DiffServ code point. Default: the fleet’s' }),
};

const triggeredShape = {
  ...channelShape,
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

const channel = mappingOf('a channel', triggeredShape).refine(saysSpeed, unclearSpeed).meta(oneSpeed);

/** The channels of an object that a scenario sends: usually with the lowest first, and always. */
export const channelList = listOfChannels(
  mappingOf('a channel', channelShape).refine(saysSpeed, unclearSpeed).meta(oneSpeed),
);

const ladderShape = {
  from: rate.meta({ description: 'Rate of the lowest level, such as 1Mbit' }),
  to: rate.meta({ description: 'Highest rate that a level may have, such as 64Mbit' }),
};

export const ladder = mappingOf('a ladder', ladderShape).meta({
  title: 'Ladder',
  description: 'Generated channels: levels at 1, 4/3 and 5/3 times each power of two of the lowest',
});

const framesShape = {
  group: text('IPv6 multicast group of the frames, such as ff1e::42').optional(),
  name: librecastName.optional().meta({
    description: 'Name of the channel of Librecast, such as firmware; its group is ff1e:: and a hash of the name',
  }),
  rate: rate.meta({ description: 'Whole IPv6 packets, such as 1Mbit' }),
  frame: frameBytes.default(1246).meta({
    description:
      'Length of the frames: 1246 for the last revision of iotupd, 1251 for that of 19 December 2021, 1252 for those of the days after it',
  }),
  hash: librecastHash.default('blake3').meta({
    description:
      'Hash of Librecast’s build: blake3 for 0.5, blake2b for builds with libsodium. It names the file, and the group of a name',
  }),
  port: port.default(DEFAULT_PORT).meta({ description: 'UDP port' }),
  hopLimit: hopLimit.optional().meta({ description: 'Routers that a packet may cross. Default: the fleet’s' }),
  dscp: dscp.optional().meta({ description: 'DiffServ code point. Default: the fleet’s' }),
};

/** How an object is also sent to receivers of iotupd. */
export const frames = mappingOf('frames of iotupd', framesShape)
  .refine(
    (value) => (value.group === undefined) !== (value.name === undefined),
    exactlyOneOf('group', 'name', 'unclear where to send'),
  )
  .meta({
    title: 'Frames of iotupd',
    description: 'Sends the file also as frames of iotupd, which are not signed',
    oneOf: [{ required: ['group'] }, { required: ['name'] }],
  });

const scheduleShape = {
  every: quantity(DURATION, MIN_EVERY_S * 1e6, MAX_EVERY_S * 1e6).meta({
    description: 'Time from the beginning of one window to that of the next, such as 1d',
  }),
  for: quantity(DURATION, 1e6, MAX_EVERY_S * 1e6).meta({ description: 'How long a window lasts, such as 90min' }),
  from: quantity(DURATION, 0, MAX_EVERY_S * 1e6)
    .default(0)
    .meta({
      description:
        'Shifts the windows: with every: 1d, the time of day in UTC at which they begin, such as 2h. Default: 0s',
      default: '0s',
    }),
};

/** Descriptors count whole seconds. */
function wholeS(us: number): number {
  return Math.floor(us / 1e6);
}

/** When an object is sent. */
export const schedule = mappingOf('a schedule', scheduleShape)
  .refine(
    (value) => value.for <= value.every,
    says('for is longer than every', 'windows that end before the next begins'),
  )
  .refine((value) => value.from < value.every, says('from is not less than every', 'less than every'))
  .transform((us) => ({ everyS: wholeS(us.every), lastsS: wholeS(us.for), fromS: wholeS(us.from) }))
  .meta({ title: 'Schedule', description: 'Windows of time in which the servers send the object' });

const objectShape = {
  file: path('File to publish, or - for what comes from standard input').optional(),
  dir: path('Folder to publish as one object, instead of a file').optional(),
  version: whole(1, MAX_VERSION).meta({
    description: 'Raise it with each change of the file; receivers refuse older versions',
  }),
  code: objectCode.default('raptorq').meta({ description: 'Erasure code (RFC 6330), or none' }),
  mode: ladderMode.default('several').meta({
    description:
      'several: channels add up, and a receiver joins several; best: each channel is complete, and a receiver joins one',
  }),
  expires: quantity(DURATION, 1e6, 36_500 * 86_400e6)
    .optional()
    .meta({ description: 'How long after signing receivers still accept the object, such as 30d. Default: for ever' }),
  compatible: deviceClasses.optional().meta({
    description:
      'Classes of devices that the object is for, such as acme/gateway-2; receivers of no such class refuse it. Default: any',
  }),
  deltaFrom: z
    .array(path('File of an older version'), says('not a list of files', 'files of older versions'))
    .min(1, says('no files', 'files of older versions'))
    .max(MAX_SEEDS, says('too many files', `at most ${MAX_SEEDS} files`))
    .optional()
    .meta({
      description:
        'Files of older versions: the servers also send a delta, for receivers that have such a version, on as many channels of its own with the same rates. Default: none',
    }),
  schedule: schedule.optional().meta({
    description: 'When the object is sent, such as { every: 1d, from: 2h, for: 90min }. Default: always',
  }),
  contentKey: z
    .union(
      [
        path(
          `Content key (64 hexadecimal digits, from layercast keygen --content) with which the file is encrypted; \${NAME} stands for a variable of the environment`,
        ),
        z.literal(false).meta({ description: 'The object is not encrypted, whatever the fleet says' }),
      ],
      says('not a path', 'one line of text that is not empty, or false for an object that is not encrypted'),
    )
    .nullish()
    .meta({ description: 'Content key with which the file is encrypted; false for none. Default: the fleet’s' }),
  burst: burst.optional().meta({
    description: 'Longest time of a channel’s rate that leaves at once. Default: the fleet’s',
  }),
  trigger: trigger.default('none').meta({
    description:
      'mld: each channel is sent only while somebody on the link listens to it (MLD). mld-beyond-link: the same for groups that routers pass on, whose listeners behind routers then do not count. none: always',
  }),
  channels: listOfChannels(channel).optional(),
  ladder: ladder.optional(),
  iotupd: frames.optional(),
};

const object = mappingOf('an object', objectShape)
  .refine(
    (value) => (value.file === undefined) !== (value.dir === undefined),
    exactlyOneOf('file', 'dir', 'unclear what to publish'),
  )
  .refine(
    (value) => (value.channels === undefined) !== (value.ladder === undefined),
    exactlyOneOf('channels', 'ladder', 'unclear which channels to send'),
  )
  .meta({
    title: 'Object',
    allOf: [
      { oneOf: [{ required: ['file'] }, { required: ['dir'] }] },
      { oneOf: [{ required: ['channels'] }, { required: ['ladder'] }] },
    ],
  });

const serverShape = {
  address: text('Unicast IPv6 address that this server sends from; required with ssm: true').optional(),
  interface: text('Network interface to send on. Default: the fleet’s').optional(),
  offset: startOffset.optional().meta({ description: 'Added to the offsets of the channels that this server sends' }),
  channels: channelIndexes
    .optional()
    .meta({ description: 'Indexes of the channels that this server sends. Default: all' }),
  objects: z
    .array(objectName, says('not a list of names', 'names of objects of this fleet'))
    .min(1, says('no objects', 'names of objects of this fleet'))
    .optional()
    .meta({ description: 'Names of the objects that this server sends. Default: all' }),
  hopLimit: hopLimit.optional().meta({ description: 'Overrides the channel’s, for all that this server sends' }),
  dscp: dscp.optional().meta({ description: 'Overrides the channel’s, for all that this server sends' }),
  serverKey: serverKey.optional().meta({
    description:
      'Public key by which receivers know what this server sent; needed if it does not hold the fleet’s private key. layercast keygen --server prints it',
  }),
};

const server = mappingOf('a server', serverShape)
  .nullable()
  .transform((value) => value ?? {})
  .meta({ title: 'Server' });

/**
 * How long a stranger who keeps announcements away can keep receivers from seeing that there is a newer version. Servers that are all off for half
 * a day do not end what receivers may fetch.
 */
const DEFAULT_CATALOGUE_LIFE_US = 86_400e6;

const fleetShape = {
  fleet: plainName.meta({ description: 'Name of the fleet, as in: layercast fetch FLEET/OBJECT' }),
  key: path(
    `Private key (PKCS#8 PEM) that signs what is published, from layercast keygen; \${NAME} stands for a variable of the environment`,
  ).nullish(),
  records: path('Folder of signed records that layercast sign made elsewhere, instead of a key').nullish(),
  root: path(
    'Root file of layercast root, which says whose signatures count; receivers then need a catalogue, too',
  ).nullish(),
  announceKey: path(
    `Private key that signs the catalogue of what is newest, if a root is given. Default: key, or the server’s own key; \${NAME} stands for a variable of the environment`,
  ).nullish(),
  catalogueExpires: quantity(DURATION, 10e6, 400 * 86_400e6)
    .default(DEFAULT_CATALOGUE_LIFE_US)
    .meta({
      description:
        'How long receivers accept a catalogue; a server signs it again after half of this time. Default: 1d',
      default: '1d',
    }),
  contentKey: path(
    `Content key with which all objects are encrypted that name no other; \${NAME} stands for a variable of the environment. Default: no encryption`,
  ).nullish(),
  interface: text('Network interface to send on, such as eth0. Default: the first that is up').nullish(),
  scope: scope.default(DEFAULT_SCOPE).meta({ description: 'How far the groups reach (RFC 7346)' }),
  port: port.default(DEFAULT_PORT).meta({ description: 'UDP port of all groups' }),
  hash: groupHash
    .default(DEFAULT_GROUP_HASH)
    .meta({ description: 'How the fleet derives groups from names; blake3 as Librecast does' }),
  ssm: truth().default(false).meta({ description: 'Source-specific multicast (RFC 4607) for data channels' }),
  hopLimit: hopLimit.optional().meta({
    description: 'Routers that a packet may cross. Default: 0 in scope interface, 1 in scope link, 64 in others',
  }),
  dscp: dscp.default(0).meta({ description: 'DiffServ code point' }),
  symbolBytes: whole(16, MAX_SYMBOL_BYTES).default(DEFAULT_SYMBOL_BYTES).meta({
    description: 'Bytes of an object in each datagram; 1184 fits every path, and multiples of 16 are fastest',
  }),
  blockSymbols: whole(1, MAX_BLOCK_SYMBOLS)
    .optional()
    .meta({ description: 'Maximum symbols per block. Default: chosen from the file size' }),
  burst: burst.default(DEFAULT_BURST_US).meta({
    description:
      'Longest time of a channel’s rate that leaves at once, but at least one datagram and at most 64. Default: 0.5ms',
    default: '0.5ms',
  }),
  announceInterval: quantity(DURATION, 100e3, 3600e6)
    .default(DEFAULT_ANNOUNCE_INTERVAL_US)
    .meta({ description: 'Time between two announcements of an object. Default: 1s', default: '1s' }),
  announceRate: quantity(RATE, 8e3, 1e9).default(256e3).meta({
    description:
      'Maximum bandwidth for the announcements of one server; with many objects, each is announced less often. Default: 256kbit',
    default: '256kbit',
  }),
  objects: z
    .record(objectName, object, says('not the objects of a fleet', 'a mapping from names to objects'))
    .refine((value) => Object.keys(value).length > 0, says('no objects', 'at least one object'))
    .meta({ description: 'Objects to publish, by name' }),
  servers: z
    .record(plainName, server, says('not the servers of a fleet', 'a mapping from names to servers'))
    .refine((value) => Object.keys(value).length > 0, says('no servers', 'at least one server, or no servers: at all'))
    .refine(
      (value) => Object.keys(value).length <= MAX_SERVERS,
      says('too many servers', `at most ${MAX_SERVERS} servers`),
    )
    .nullish()
    .meta({
      description:
        'Servers of the fleet, by name. Their order gives each its index: add new ones at the end. Default: one server',
    }),
};

/** A fleet file, setting by setting. `cross-checks.ts` checks what only the fleet as a whole can be wrong about. */
export const fleetSchema = mappingOf('a fleet file', fleetShape).meta({
  title: 'layercast fleet',
  description: 'What the servers of a fleet publish, on which channels and how fast',
});

export type FleetFile = z.output<typeof fleetSchema>;
export type ObjectEntry = z.output<typeof object>;
export type ServerEntry = z.output<typeof server>;
export type FramesEntry = z.output<typeof frames>;
export type ChannelEntry = z.output<typeof channel>;
