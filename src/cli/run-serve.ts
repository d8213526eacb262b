import { createSender, type Sender } from '../create-sender.js';
import { LayercastError } from '../errors.js';
import { DURATION, formatQuantity, RATE, SIZE } from '../fleet/units.js';
import type { SenderOptions } from '../options/sender-options.js';
import { printEvent } from './print-event.js';
import { typed } from './spelling.js';

export interface ServeRun extends SenderOptions {
  readonly json: boolean;
}

/** `layercast serve`: a sender whose events are told on stderr, or on stdout as JSON, and that SIGHUP makes reload. */
export async function runServe({ json, ...options }: ServeRun): Promise<void> {
  await using sender = createSender(options);
  const startedAt = Date.now();
  if (json) tellPrograms(sender);
  else tellPeople(sender);
  const reload = () => {
    sender.reload().catch((error: unknown) => tellFailedReload(error, json));
  };
  process.on('SIGHUP', reload);
  try {
    await sender.done;
  } finally {
    process.removeListener('SIGHUP', reload);
    const { server, objects } = sender.stats();
    const datagrams = objects.flatMap(({ channels }) => channels.map((channel) => channel.datagrams));
    const sum = datagrams.reduce((a, b) => a + b, 0);
    if (!json && server !== undefined)
      say(`stopped after ${formatQuantity(DURATION, (Date.now() - startedAt) * 1000)}, ${sum} datagrams`);
  }
}

function tellPeople(sender: Sender): void {
  sender.on('hashing', ({ object, bytes, totalBytes }) => {
    say(`${object}: hashing, ${Math.floor((100 * bytes) / totalBytes)} % of ${formatQuantity(SIZE, totalBytes)}`);
  });
  sender.on('encoding', ({ object, bytes, totalBytes }) => {
    say(`${object}: encoding, ${Math.floor((100 * bytes) / totalBytes)} % of ${formatQuantity(SIZE, totalBytes)}`);
  });
  sender.on('publish', ({ server, interface: on, object, version, bytes, channels }) => {
    say(`${object} version ${version}, ${formatQuantity(SIZE, bytes)}, from ${server} on ${on}`);
    for (const { channel, group, port, rateBitsPerSecond } of channels) {
      say(`  channel ${channel}: ${formatQuantity(RATE, rateBitsPerSecond)}/s to [${group}]:${port}`);
    }
  });
  sender.on('withdraw', ({ object, version, error }) => {
    const { message, hint } = reasonOf(error);
    say(`${object} version ${version} is no longer sent${message === undefined ? '' : `: ${message}`}`);
    if (hint !== undefined) say(`  ${hint}`);
  });
  sender.on('network', ({ object, channel, failure }) => {
    const what = object === undefined ? 'announcements' : `${object}, channel ${channel}`;
    say(failure === undefined ? `${what}: sending again` : `${what}: the system refuses to send: ${failure}`);
  });
}

function tellPrograms(sender: Sender): void {
  sender.on('hashing', (event) => printEvent('hashing', event));
  sender.on('encoding', (event) => printEvent('encoding', event));
  sender.on('publish', (event) => printEvent('publish', event));
  sender.on('withdraw', ({ error, ...event }) => printEvent('withdraw', { ...event, ...reasonOf(error) }));
  sender.on('network', (event) => printEvent('network', event));
}

function tellFailedReload(error: unknown, json: boolean): void {
  const { code, message, hint } = reasonOf(error);
  if (json) printEvent('reloadFailed', { code, message, hint });
  else say(`the fleet file was not taken over, everything goes on as before:\n${message}${hint ? `\n  ${hint}` : ''}`);
}

function reasonOf(error: unknown): { code?: string; message?: string; hint?: string | undefined } {
  if (error === undefined) return {};
  if (error instanceof LayercastError) return { code: error.code, ...typed(error) };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
