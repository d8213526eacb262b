import { LayercastError } from '../../base/errors.js';
import { DURATION, formatQuantity, RATE, SIZE } from '../../config/units.js';
import { createSender, type Sender } from '../../create-sender.js';
import { meaningOf } from '../../net/network-error.js';
import type { SenderOptions } from '../../options/sender-options.js';
import { printEvent } from '../json/print-event.js';
import { typed } from '../spelling.js';

export interface ServeRun extends SenderOptions {
  readonly json: boolean;
}

/** `layercast serve`: a sender whose events are told on stderr, or on stdout as JSON, and that SIGHUP makes reload. */
export async function runServe({ json, ...options }: ServeRun): Promise<void> {
  await using sender = createSender(options);
  const startedAt = Date.now();
  let hasStarted = false;
  sender.ready.then(
    () => {
      hasStarted = true;
    },
    () => undefined,
  );
  if (json) tellPrograms(sender);
  else tellPeople(sender);
  // What was said of an object need not be said again of the reload.
  const told = new WeakSet<object>();
  sender.on('refuse', ({ error }) => {
    if (typeof error === 'object' && error !== null) told.add(error);
  });
  const reload = () => {
    sender.reload().catch((error: unknown) => {
      // The server stops, and that is told.
      if (error instanceof LayercastError && error.code === 'ABORTED') return;
      if (json) printEvent('reloadFailed', reasonOf(error));
      else if (!(typeof error === 'object' && error !== null && told.has(error))) tellFailedReload(error);
    });
  };
  process.on('SIGHUP', reload);
  try {
    await sender.done;
  } finally {
    process.removeListener('SIGHUP', reload);
    const { server, objects } = sender.stats();
    const datagrams = objects.flatMap(({ channels }) => channels.map((channel) => channel.datagrams));
    const sum = datagrams.reduce((a, b) => a + b, 0);
    if (!json && hasStarted && server !== undefined)
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
  sender.on('withdraw', ({ object, version, error, retryMs }) => {
    say(`${object} version ${version} is no longer sent${because(error)}${again(retryMs)}`);
    sayHint(error);
  });
  sender.on('refuse', ({ object, version, error, sentVersion, retryMs }) => {
    say(`${object} version ${version} cannot be sent${because(error)}${again(retryMs)}`);
    sayHint(error);
    if (sentVersion !== undefined) say(`  version ${sentVersion} is still sent as before`);
  });
  sender.on('waiting', ({ message }) => say(message));
  sender.on('warning', ({ message, hint }) => {
    say(`warning: ${message}`);
    if (hint !== undefined) say(`  ${hint}`);
  });
  sender.on('idle', ({ message }) => say(message));
  sender.on('network', ({ object, channel, group, failure }) => {
    const what = object === undefined ? `announcements to [${group}]` : `${object}, channel ${channel}`;
    say(
      failure === undefined ? `${what}: sending again` : `${what}: nothing is sent: ${meaningOf(failure)} (${failure})`,
    );
  });
}

function tellPrograms(sender: Sender): void {
  sender.on('hashing', (event) => printEvent('hashing', event));
  sender.on('encoding', (event) => printEvent('encoding', event));
  sender.on('publish', (event) => printEvent('publish', event));
  sender.on('withdraw', ({ error, ...event }) => printEvent('withdraw', { ...event, ...reasonOf(error) }));
  sender.on('refuse', ({ error, ...event }) => printEvent('refuse', { ...event, ...reasonOf(error) }));
  sender.on('waiting', (event) => printEvent('waiting', event));
  sender.on('warning', (event) => printEvent('warning', event));
  sender.on('idle', (event) => printEvent('idle', event));
  sender.on('network', (event) => printEvent('network', event));
}

function tellFailedReload(error: unknown): void {
  say(`the reload failed, everything goes on as before${because(error)}`);
  sayHint(error);
}

function because(error: unknown): string {
  const { message } = reasonOf(error);
  if (message === undefined) return '';
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

function reasonOf(error: unknown): { code?: string; message?: string; hint?: string | undefined } {
  if (error === undefined) return {};
  if (error instanceof LayercastError) return { code: error.code, ...typed(error) };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
