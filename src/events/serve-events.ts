import {
  bytes,
  channel,
  choice,
  count,
  event,
  list,
  message,
  name,
  optional,
  perChannel,
  rate,
  record,
  wholeMs,
} from './fields.js';
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
const retryMs = optional(wholeMs('When the server tries again, from now; missing: not before a reload.'));

/** The events of `serve --json`, by name. */
export const serveEvents = {
  hashing: event('A file is being hashed for the first time; every 64 MB.', work),
  encoding: event(
    'A file is being encoded: once for its content, and at each start for the symbols with which fast channels begin; every 64 MB.',
    work,
  ),
  publish: event('An object, or its next version, is sent from now on.', {
    server: serverName,
    interface: optional(name('Network interface; missing: the system chooses.')),
    object,
    version,
    bytes: objectBytes,
    sha256,
    channels: perChannel(
      record({ channel: channelIndex, group, port, rateBitsPerSecond: rate('Rate of whole packets.') }),
      'The channels that this server sends.',
    ),
    iotupd: optional(
      record({
        group,
        port,
        rateBitsPerSecond: rate('Rate of whole packets.'),
        frameBytes: count('Length of a frame, which names its layout: 1246, 1251 or 1252.', 'B'),
        hash: name('Hash of the file in the frames, in hexadecimal.'),
      }),
    ),
  }),
  withdraw: event('An object is no longer sent. Without `code` the fleet file no longer has it; else it failed.', {
    object,
    version,
    retryMs,
    code: optional(code),
    message: optional(messageText),
    hint,
  }),
  refuse: event('An object or its next version cannot be sent. What is being sent stays as it is.', {
    object,
    version,
    sentVersion: optional(count('The version that is still sent; missing: none is.')),
    retryMs,
    ...errorFields,
  }),
  reloadFailed: event('A reload could not do all that the fleet file says.', errorFields),
  network: event('The system refuses datagrams to a group, or takes them again.', {
    object: optional(name('Name of the object; missing: of announcements.')),
    channel: optional(channel('Index of the channel; missing: of announcements.')),
    group,
    failure: optional(name('Error name of the system, or error code; missing: datagrams are sent again.')),
  }),
  pause: event('A channel pauses, or sends again. It continues where it stopped, and announcements go on.', {
    object,
    channel: optional(channel('Index of the channel; missing: of frames of iotupd.')),
    group,
    pausedFor: list(
      choice(['listeners', 'schedule'], 'Why.'),
      2,
      'Why it pauses (`listeners`: nobody on the link listens to the group; `schedule`: the object is not sent at this time); empty: it sends again.',
    ),
  }),
  waiting: event('The interface or address is not there yet; once.', { message: messageText }),
  warning: event('Something is probably a mistake.', errorFields),
  idle: event('Nothing is left to send; each minute.', { message: message('Why, for people.') }),
  error: event('The server has stopped, also by a signal (`ABORTED`); the last line.', errorFields),
};
