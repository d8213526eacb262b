import { z } from 'zod';
import {
  DEFAULT_ANNOUNCE_INTERVAL_US,
  DEFAULT_SYMBOL_BYTES,
  MAX_BLOCK_SYMBOLS,
  MAX_SERVERS,
  MAX_SYMBOL_BYTES,
} from '../base/limits.js';
import { DURATION, RATE } from '../base/units.js';
import { mappingOf, path, quantity, says, text, truth, whole } from '../config/fields.js';
import { DEFAULT_BURST_US } from '../rate/ladder/pacer.js';
import { DEFAULT_GROUP_HASH, DEFAULT_PORT, DEFAULT_SCOPE } from '../wire/group-options.js';
import { broker } from './broker-schema.js';
import { burst } from './channel-schema.js';
import {
  channelIndexes,
  dscp,
  groupHash,
  hopLimit,
  objectName,
  plainName,
  port,
  scope,
  serverKey,
  startOffset,
} from './fields.js';
import { object } from './object-schema.js';

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
      'Longest time of a channel’s rate that leaves at once, but at least one datagram and at most 64. Default: 1ms',
    default: '1ms',
  }),
  announceInterval: quantity(DURATION, 100e3, 3600e6)
    .default(DEFAULT_ANNOUNCE_INTERVAL_US)
    .meta({ description: 'Time between two announcements of an object. Default: 1s', default: '1s' }),
  announceRate: quantity(RATE, 8e3, 1e9).default(256e3).meta({
    description:
      'Maximum bandwidth for the announcements of one server; with many objects, each is announced less often. Default: 256kbit',
    default: '256kbit',
  }),
  mqtt: broker.optional(),
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
export type ServerEntry = z.output<typeof server>;
