import { amount, bytes, choice, count, event, list, map, message, name, orNull, ratio, wholeMs } from './fields.js';
import { errorFields, group, messageText, port, sha256 } from './shared-fields.js';

/** Codes of warnings of `fetch iotupd://…`. */
export const IOTUPD_WARNINGS = [
  /** Whoever sends to the group decides what the file is. */
  'UNPROVEN',
  /** All bytes are there and are not the file that the frames name; they are received again. */
  'WRONG_BYTES',
  /** The frames bring another file than the one that was asked for. */
  'OTHER_FILE',
  /** The system refuses to join a group. */
  'JOIN_REFUSED',
] as const;

const addresses = list(name('Address.'), 64, 'Source addresses that frames came from, at most 64.');
const hash = name('Hash of the file in the frames, in hexadecimal: BLAKE3 or BLAKE2b-256.');
const frameBytes = orNull(
  count('Length of a frame, which names its layout: 1246, 1251 or 1252; null while none was heard in this run.', 'B'),
);
const fileBytes = bytes('Bytes of the file.');

/** The events of `fetch --json` for an iotupd server, by name. */
export const iotupdEvents = {
  waiting: event('The receiver waits for an interface, or for a lock that another process may still hold.', {
    message: messageText,
  }),
  listening: event('A group is joined.', {
    group,
    port,
    interface: orNull(name('Network interface; null: the system chooses.')),
    patienceMs: amount('ms', 'How long the receiver waits for a frame before it gives up.'),
  }),
  file: event('A file is received from now on: the first that was heard, or another because the first fell silent.', {
    bytes: fileBytes,
    hash,
    frameBytes,
    resumedBytes: bytes('Bytes that an earlier run left on disk.'),
  }),
  progress: event('About once a second.', {
    bytes: bytes('Bytes of the file that are there.'),
    totalBytes: fileBytes,
    rateBitsPerSecond: amount('bit/s', 'Rate of the frames’ packets, over the last second.'),
    lossRatio: ratio('Share of the frames that were lost so far, by their sequence numbers.'),
    servers: addresses,
  }),
  warning: event('Something to know that does not end the transfer.', {
    code: choice(IOTUPD_WARNINGS, 'What happened, as one word for programs.'),
    message: messageText,
  }),
  complete: event('The file is complete and under its name; the last line.', {
    bytes: fileBytes,
    sha256,
    hash: orNull(hash),
    proof: choice(
      ['sha256', 'none'],
      '`sha256`: the file has the SHA-256 that was given. `none`: nobody vouches for it.',
    ),
    elapsedMs: wholeMs('Time since the receiver started.'),
    path: message('The file, as an absolute path.'),
    datagrams: count('Frames of the file.'),
    dataBytes: count('Bytes of the file in these frames, duplicates included.', 'B'),
    duplicateBytes: count('Bytes that were there already.', 'B'),
    lostDatagrams: count('Frames lost, by their sequence numbers; 0 for frames of 1251 bytes, which have none.'),
    invalidDatagrams: count('Datagrams that were not used.'),
    invalid: map(name('Reason.'), count('Datagrams.'), '`invalidDatagrams` by reason.'),
    resumedBytes: bytes('Bytes that an earlier run left on disk.'),
    servers: addresses,
  }),
  error: event('The command failed; the last line.', errorFields),
};
