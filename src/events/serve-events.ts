import { z } from 'zod';
import { bytes, channel, count, message, name, perChannel, rate, record, wholeMs } from './fields.js';
import {
  channelIndex,
  code,
  errorFields,
  group,
  hint,
  messageText,
  object,
  objectBytes,
  port,
  serverName,
  sha256,
  version,
} from './shared-fields.js';

const work = { object, bytes: bytes('Bytes done so far.'), totalBytes: objectBytes };
const retryMs = wholeMs('When the server tries again, from now; missing: not before a reload.').optional();

/** The events of `serve --json`, by name. */
export const serveEvents = {
  hashing: z.object(work).meta({ description: 'A file is being hashed for the first time; every 64 MB.' }),
  encoding: z.object(work).meta({ description: 'A file is being encoded for the first time; every 64 MB.' }),
  publish: z
    .object({
      server: serverName,
      interface: name('Network interface; missing: the system chooses.').optional(),
      object,
      version,
      bytes: objectBytes,
      sha256,
      channels: perChannel(
        record({ channel: channelIndex, group, port, rateBitsPerSecond: rate('Rate of whole packets.') }),
        'The channels that this server sends.',
      ),
    })
    .meta({ description: 'An object, or its next version, is sent from now on.' }),
  withdraw: z
    .object({
      object,
      version,
      retryMs,
      code: code.optional(),
      message: messageText.optional(),
      hint,
    })
    .meta({
      description: 'An object is no longer sent. Without `code` the fleet file no longer has it; else it failed.',
    }),
  refuse: z
    .object({
      object,
      version,
      sentVersion: count('The version that is still sent; missing: none is.').optional(),
      retryMs,
      ...errorFields,
    })
    .meta({ description: 'An object or its next version cannot be sent. What is being sent stays as it is.' }),
  reloadFailed: z.object(errorFields).meta({ description: 'A reload could not do all that the fleet file says.' }),
  network: z
    .object({
      object: name('Name of the object; missing: of announcements.').optional(),
      channel: channel('Index of the channel; missing: of announcements.').optional(),
      group,
      failure: name('Error name of the system, or error code; missing: datagrams are sent again.').optional(),
    })
    .meta({ description: 'The system refuses datagrams to a group, or takes them again.' }),
  waiting: z.object({ message: messageText }).meta({ description: 'The interface or address is not there yet; once.' }),
  warning: z.object(errorFields).meta({ description: 'Something is probably a mistake.' }),
  idle: z
    .object({ message: message('Why, for people.') })
    .meta({ description: 'Nothing is left to send; each minute.' }),
  error: z
    .object(errorFields)
    .meta({ description: 'The server has stopped, also by a signal (`ABORTED`); the last line.' }),
};
