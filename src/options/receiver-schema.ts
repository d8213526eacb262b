import { z } from 'zod';
import { mapping, path, text, within } from '../config/fields.js';
import { JOINED_RATE, WAITING_TIME } from '../config/units.js';
import { channelIndexes, groupHash, port, receiverMode, scope } from '../fleet/fields.js';

const receiverShape = {
  key: path('Public key (SPKI PEM) of the fleet').nullish(),
  interface: text('Network interface to receive on, such as eth0; without it the system chooses').nullish(),
  scope: scope.optional().meta({ description: 'Scope of the fleet’s announcements; without it site' }),
  port: port.optional().meta({ description: 'UDP port of the fleet’s announcements; without it 4242' }),
  hash: groupHash.optional().meta({ description: 'How names become groups; blake3 as Librecast does' }),
  state: path(
    'Folder for journals and the versions seen; without it beside each file and under XDG_STATE_HOME',
  ).nullish(),
  mode: receiverMode
    .optional()
    .meta({ description: 'best: one channel; several: all of a ladder; auto, the default: as the object says' }),
  channels: channelIndexes
    .optional()
    .meta({ description: 'Indexes of the channels to join, instead of choosing by mode' }),
  maxRate: within(JOINED_RATE).optional().meta({ description: 'Join no more than this rate, such as 10Mbit' }),
  timeout: within(WAITING_TIME)
    .optional()
    .meta({ description: 'Give up after this time, such as 10min; without it never' }),
  output: path('Where to put the object').nullish(),
};

export const receiverSchema = z
  .strictObject(
    receiverShape,
    mapping('a receiver file', () => Object.keys(receiverShape)),
  )
  .meta({ title: 'layercast receiver', description: 'Settings of layercast fetch and list on this host' });

export type ReceiverFile = z.output<typeof receiverSchema>;
