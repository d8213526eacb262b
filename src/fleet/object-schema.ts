import { z } from 'zod';
import { MAX_SEEDS, MAX_VERSION } from '../base/limits.js';
import { DURATION } from '../base/units.js';
import { exactlyOneOf, mappingOf, path, pathOrStream, quantity, says, text, whole } from '../config/fields.js';
import { DEFAULT_PORT } from '../wire/group-options.js';
import { MAX_EVERY_S, MIN_EVERY_S } from '../wire/sending-windows.js';
import { burst, ladder, rate, triggeredChannels } from './channel-schema.js';
import {
  deviceClasses,
  dscp,
  frameBytes,
  hopLimit,
  ladderMode,
  librecastHash,
  librecastName,
  objectCode,
  port,
  trigger,
} from './fields.js';
import { origin } from './origin-schema.js';

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
const frames = mappingOf('frames of iotupd', framesShape)
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
const schedule = mappingOf('a schedule', scheduleShape)
  .refine(
    (value) => value.for <= value.every,
    says('for is longer than every', 'windows that end before the next begins'),
  )
  .refine((value) => value.from < value.every, says('from is not less than every', 'less than every'))
  .transform((us) => ({ everyS: wholeS(us.every), lastsS: wholeS(us.for), fromS: wholeS(us.from) }))
  .meta({ title: 'Schedule', description: 'Windows of time in which the servers send the object' });

const objectShape = {
  file: pathOrStream('File to publish, or - for what comes from standard input').optional(),
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
    .array(
      path('File of an older version; a folder beside dir'),
      says('not a list of files', 'files of older versions'),
    )
    .min(1, says('no files', 'files of older versions'))
    .max(MAX_SEEDS, says('too many files', `at most ${MAX_SEEDS} files`))
    .optional()
    .meta({
      description:
        'Files of older versions, or beside dir folders: the servers also send a delta, for receivers that have such a version, on as many channels of its own with the same rates. Default: none',
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
  channels: triggeredChannels.optional(),
  ladder: ladder.optional(),
  iotupd: frames.optional(),
  origin: origin.optional(),
};

/** An object of a fleet file. */
export const object = mappingOf('an object', objectShape)
  .refine(
    (value) => (value.file === undefined) !== (value.dir === undefined),
    exactlyOneOf('file', 'dir', 'unclear what to publish'),
  )
  .refine((value) => value.origin === undefined || (value.file !== undefined && value.file !== '-'), {
    ...says('an origin without a file of its own', 'origin beside file, which is not -'),
    path: ['origin'],
  })
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

export type ObjectEntry = z.output<typeof object>;
export type FramesEntry = z.output<typeof frames>;
