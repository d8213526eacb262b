import { DURATION, formatQuantity, percentOf, rateText, SIZE } from '../../base/units.js';
import type { Sender } from '../../create-sender.js';
import { meaningOf } from '../../net/network-error.js';
import type { PauseReason } from '../../sender/pauses.js';
import type { Detail } from '../detail.js';
import { reasonOf } from '../reason.js';
import { say } from './say.js';
import { SpacedLines } from './spaced-lines.js';

/** Hashing and encoding are said this often for each object: every 64 MB, a file of a terabyte would fill a log with 16,000 lines. */
const PREPARING_GAP_MS = 10_000;

const PAUSES: Readonly<Record<PauseReason, string>> = {
  listeners: 'nobody on the link listens',
  schedule: 'not sent at this time, by its schedule',
};

/** Shows the events of a sender to people, as lines on stderr. */
export function tellPeople(sender: Sender, detail: Detail): void {
  tellFaults(sender);
  if (detail !== 'quiet') tellCourse(sender);
}

/** What is sent, and what is done for that. */
function tellCourse(sender: Sender): void {
  const lines = new SpacedLines(PREPARING_GAP_MS);
  for (const work of ['hashing', 'encoding'] as const) {
    sender.on(work, ({ object, bytes, totalBytes }) => {
      if (!lines.takeDue(`${work} ${object}`)) return;
      say(`${object}: ${work}, ${percentOf(bytes, totalBytes)} % of ${formatQuantity(SIZE, totalBytes)}`);
    });
  }
  sender.on('publish', ({ server, interface: on, object, version, bytes, channels, iotupd }) => {
    say(`${object} version ${version}, ${formatQuantity(SIZE, bytes)}, from ${server} on ${on}`);
    for (const { channel, group, port, rateBitsPerSecond } of channels) {
      say(`  channel ${channel}: ${rateText(rateBitsPerSecond)} to [${group}]:${port}`);
    }
    if (iotupd === undefined) return;
    const { group, port, rateBitsPerSecond, frameBytes, hash } = iotupd;
    say(`  iotupd: ${rateText(rateBitsPerSecond)} to [${group}]:${port}, frames of ${frameBytes} bytes`);
    say(`  iotupd: hash ${hash}`);
  });
  sender.on('withdraw', ({ object, version, error }) => {
    if (error === undefined) say(`${object} version ${version} is no longer sent`);
  });
  sender.on('waiting', ({ message }) => say(message));
  sender.on('warning', ({ message, hint }) => {
    say(`warning: ${message}`);
    if (hint !== undefined) say(`  ${hint}`);
  });
  sender.on('idle', ({ message }) => say(message));
  sender.on('pause', ({ object, channel, pausedFor }) => {
    const what = `${object}, ${channel === undefined ? 'iotupd' : `channel ${channel}`}`;
    const because = pausedFor.map((reason) => PAUSES[reason]).join(', ');
    say(pausedFor.length === 0 ? `${what}: sending again` : `${what}: paused: ${because}`);
  });
}

/** What cannot be sent, and when it can be again. */
function tellFaults(sender: Sender): void {
  sender.on('withdraw', ({ object, version, error, retryMs }) => {
    if (error === undefined) return;
    say(`${object} version ${version} is no longer sent${becauseOf(error)}${again(retryMs)}`);
    sayHint(error);
  });
  sender.on('refuse', ({ object, version, error, sentVersion, retryMs }) => {
    say(`${object} version ${version} cannot be sent${becauseOf(error)}${again(retryMs)}`);
    sayHint(error);
    if (sentVersion !== undefined) say(`  version ${sentVersion} is still being sent`);
  });
  sender.on('network', ({ object, channel, group, failure }) => {
    const what =
      object === undefined
        ? `announcements to [${group}]`
        : `${object}, ${channel === undefined ? 'iotupd' : `channel ${channel}`}`;
    say(
      failure === undefined ? `${what}: sending again` : `${what}: nothing is sent: ${meaningOf(failure)} (${failure})`,
    );
  });
}

/** Says why a reload could not do all that the fleet file says. */
export function sayFailedReload(error: unknown): void {
  say(`the reload failed; the server goes on as before${becauseOf(error)}`);
  sayHint(error);
}

/** Says for how long the server ran and how much it sent. */
export function sayStopped(elapsedMs: number, datagramCount: number): void {
  say(`stopped after ${formatQuantity(DURATION, elapsedMs * 1000)}, ${datagramCount} datagrams`);
}

function becauseOf(error: unknown): string {
  const { message } = reasonOf(error);
  return message.includes('\n') ? `:\n${message}` : `: ${message}`;
}

function again(retryMs: number | undefined): string {
  if (retryMs === undefined) return '';
  return retryMs === 0 ? '; trying again' : `; trying again in ${formatQuantity(DURATION, retryMs * 1000)}`;
}

function sayHint(error: unknown): void {
  const { hint } = reasonOf(error);
  if (hint !== undefined) say(`  ${hint}`);
}
