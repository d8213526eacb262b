import { z } from 'zod';
import { channelIndex, choice, groupHash, mapping, path, port, quantity, says, scope, text } from './fields.js';
import { DURATION, RATE } from './units.js';

const receiverShape = {
  key: path('Public key (SPKI PEM) of the fleet').nullish(),
  interface: text('Network interface to receive on, such as eth0; without it the system chooses').nullish(),
  scope: scope.optional().meta({ description: 'Scope of the fleet’s announcements; without it site' }),
  port: port.optional().meta({ description: 'UDP port of the fleet’s announcements; without it 4242' }),
  hash: groupHash.optional().meta({ description: 'How names become groups; blake3 as Librecast does' }),
  state: path(
    'Folder for journals and the versions seen; without it beside each file and under XDG_STATE_HOME',
  ).nullish(),
  mode: choice(['auto', 'best', 'several'])
    .optional()
    .meta({ description: 'best: one channel; several: all of a ladder; auto, the default: as the object says' }),
  channels: z
    .array(channelIndex, says('not a list of channel indexes', 'indexes such as [0, 1]'))
    .min(1, says('no channels', 'indexes such as [0, 1]'))
    .max(32, says('too many channels', 'at most 32 indexes'))
    .optional()
    .meta({ description: 'Indexes of the channels to join, instead of choosing by mode' }),
  maxRate: quantity(RATE, 1e3, 100e9).optional().meta({ description: 'Join no more than this rate, such as 10Mbit' }),
  timeout: quantity(DURATION, 1e6, 365 * 86_400e6)
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
