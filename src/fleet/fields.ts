import { z } from 'zod';
import { MAX_CHANNELS, MAX_CLASSES, MAX_PORT } from '../base/limits.js';
import { listOf, parseQuantity, patternOf, RATIO, SIZE } from '../base/units.js';
import { choice, name, says, whole } from '../config/fields.js';
import { nameRule } from '../config/rules.js';
import { CAUTIONS } from '../rate/rules.js';
import { GROUP_HASHES, SCOPES } from '../wire/group-options.js';
import { FRAME_LENGTHS } from '../wire/iotupd-frame.js';
import { LIBRECAST_HASHES } from '../wire/librecast.js';
import { LADDER_MODES, OBJECT_CODES, RECEIVER_MODES, TRIGGERS } from './fleet.js';
import { CLASS_RULE, OBJECT_NAME_RULE, PLAIN_NAME_RULE } from './names.js';

/* The kinds of value that fleet files have of their own. Options and scenarios name fleets, objects and channels with them, too. */

export const objectName = name(OBJECT_NAME_RULE);
export const plainName = name(PLAIN_NAME_RULE);
export const scope = choice(SCOPES);
export const groupHash = choice(GROUP_HASHES);
export const librecastHash = choice(LIBRECAST_HASHES);
/** Length of a frame of iotupd, which names its layout. */
export const frameBytes = z.literal(
  [...FRAME_LENGTHS],
  says('not the length of a frame', listOf(FRAME_LENGTHS.map(String))),
);
/** The name of a channel of Librecast. */
export const librecastName = name(
  nameRule(/^[^\p{Cc}\p{Cs}]+$/u, 255, 'not a name', 'text without control characters'),
);
export const objectCode = choice(OBJECT_CODES);
export const ladderMode = choice(LADDER_MODES);
export const trigger = choice(TRIGGERS);
export const receiverMode = choice(RECEIVER_MODES);
export const caution = choice(CAUTIONS);
export const port = whole(1, MAX_PORT);
export const hopLimit = whole(0, 255);
export const dscp = whole(0, 63);
/** An Ed25519 public key: 32 bytes in Base64, of which the last character has only four bits. */
export const serverKey = name(
  nameRule(
    /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/,
    44,
    'not a public key',
    'Base64, as layercast keygen --server prints',
  ),
);
const channelIndex = whole(0, MAX_CHANNELS - 1);

/** Indexes of an object's channels. */
export const channelIndexes = z
  .array(channelIndex, says('not a list of channel indexes', 'indexes such as [0, 1]'))
  .min(1, says('no channels', 'indexes such as [0, 1]'))
  .max(MAX_CHANNELS, says('too many channels', `at most ${MAX_CHANNELS} indexes`))
  // An index that is given twice counts once.
  .transform((indexes) => [...new Set(indexes)]);

const offsetError = says(
  'not an offset',
  `a share from 0% to 100%, or a number and ${listOf(Object.keys(SIZE.units))}`,
);

const classesAllowed = `1 to ${MAX_CLASSES} classes such as acme/gateway-2`;

/** Classes of devices. */
export const deviceClasses = z
  .array(name(CLASS_RULE), says('not a list of classes', classesAllowed))
  .min(1, says('no classes', classesAllowed))
  .max(MAX_CLASSES, says('too many classes', classesAllowed))
  // A class that is given twice counts once.
  .transform((classes) => [...new Set(classes)]);

/** Where a carousel starts: a share of the object, or bytes. An offset beyond the end counts from the beginning again. */
export const startOffset = z
  .string(offsetError)
  .regex(new RegExp(patternOf(RATIO, SIZE)), offsetError)
  .refine((value) => (parseQuantity(RATIO, value) ?? 0) <= 1, offsetError)
  .transform((value) => {
    const ratio = parseQuantity(RATIO, value);
    return ratio === undefined ? { bytes: Math.floor(parseQuantity(SIZE, value) ?? 0) } : { ratio };
  });
