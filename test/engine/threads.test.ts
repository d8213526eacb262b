import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../dist/base/system-clock.js';
import { createReceiver, createSender, LayercastError, type Receiver, type ReceiverOptions } from '../../dist/index.js';
import { scratchDirectory } from '../store/scratch.js';

const scratch = await scratchDirectory();
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const keyText = privateKey.export({ type: 'pkcs8', format: 'pem' });
let fleetCount = 0;

afterEach(() => void vi.restoreAllMocks());

interface Fleet {
  readonly name: string;
  readonly folder: string;
  readonly config: string;
  readonly bytes: Buffer;
}

/** A fleet whose datagrams never leave this host: scope "interface", hop limit 0. Each has groups of its own. */
async function fleetOf(sizeBytes: number, rate: string): Promise<Fleet> {
  const name = `threads-${process.pid}-${fleetCount++}`;
  const folder = join(scratch, name);
  await mkdir(folder);
  const bytes = randomBytes(sizeBytes);
  await writeFile(join(folder, 'object'), bytes);
  await writeFile(join(folder, 'key'), keyText);
  const config = join(folder, 'fleet.yaml');
  const objects = `objects: { o: { file: object, version: 1, code: none, channels: [{ rate: ${rate} }] } }\n`;
  const head = `fleet: ${name}\nkey: key\nscope: interface\nhopLimit: 0\nannounceInterval: 100ms\n`;
  await writeFile(config, head + objects);
  return { name, folder, config, bytes };
}

function optionsOf({ name, folder }: Fleet, output: string): ReceiverOptions {
  const stateDir = join(folder, 'state');
  return { fleet: name, object: 'o', key: publicKey, output: join(folder, output), scope: 'interface', stateDir };
}

function senderOf({ config, folder }: Fleet) {
  return createSender({ config, stateDir: join(folder, 'state') });
}

/** Names of the events, without those whose number depends on time. */
function eventsOf(receiver: Receiver): string[] {
  const names: string[] = [];
  for (const name of ['listening', 'descriptor', 'join', 'leave', 'complete'] as const) {
    receiver.on(name, () => void names.push(name));
  }
  return names;
}

/** Workers that are started from now on. */
function startedWorkers(): Worker[] {
  const workers: Worker[] = [];
  const ref = Worker.prototype.ref;
  vi.spyOn(Worker.prototype, 'ref').mockImplementation(function (this: Worker) {
    if (!workers.includes(this)) workers.push(this);
    ref.call(this);
  });
  return workers;
}

describe('a receiver in a thread of its own', () => {
  it('has the events and results of one in this thread, in the same order', async () => {
    const fleet = await fleetOf(300_000, '20Mbit');
    await using sender = senderOf(fleet);
    await sender.ready;
    const threaded = createReceiver(optionsOf(fleet, 'threaded'));
    const inline = createReceiver({ ...optionsOf(fleet, 'inline'), clock: systemClock });
    const names = [eventsOf(threaded), eventsOf(inline)];
    const descriptors = [threaded, inline].map(
      (receiver) => new Promise((resolve) => receiver.once('descriptor', resolve)),
    );
    expect(names).toEqual([[], []]);
    const [a, b] = await Promise.all([threaded.done, inline.done]);
    expect(names[0]).toEqual(names[1]);
    expect(names[0]).toEqual(['listening', 'descriptor', 'join', 'leave', 'complete']);
    expect(await descriptors[0]).toEqual(await descriptors[1]);
    expect(Object.keys(a)).toEqual(Object.keys(b));
    const { sha256, version, bytes } = b;
    expect(a).toMatchObject({ sha256, version, bytes, path: join(fleet.folder, 'threaded') });
    expect(await readFile(join(fleet.folder, 'threaded'))).toEqual(fleet.bytes);
    expect(createHash('sha256').update(fleet.bytes).digest('hex')).toBe(sha256);
    expect(threaded.stats()).toMatchObject({ payloadBytes: a.payloadBytes, channels: a.channels });
  });

  it('whose thread is lost rejects with THREAD_LOST, and another takes up the same file at once', async () => {
    const fleet = await fleetOf(5_000_000, '8Mbit');
    await using sender = senderOf(fleet);
    await sender.ready;
    const workers = startedWorkers();
    const receiver = createReceiver(optionsOf(fleet, 'out'));
    await new Promise((resolve) => receiver.once('progress', resolve));
    await expect(createReceiver(optionsOf(fleet, 'out')).done).rejects.toMatchObject({ code: 'FILE_IN_USE' });
    await workers[0]!.terminate();
    const error: unknown = await receiver.done.catch((lost: unknown) => lost);
    expect(error).toBeInstanceOf(LayercastError);
    expect(error).toMatchObject({ code: 'THREAD_LOST', hint: expect.any(String) });
    expect(existsSync(join(fleet.folder, 'out.part.lock'))).toBe(true);
    await receiver.close();
    const { resumedBytes } = await createReceiver(optionsOf(fleet, 'out')).done;
    expect(resumedBytes).toBeGreaterThan(0);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'enough'],
    ['a function', () => 1],
    ['an error', new Error('enough')],
  ])('that is aborted with %s in the middle keeps its progress, and the reason is the cause', async (_, reason) => {
    const fleet = await fleetOf(5_000_000, '12Mbit');
    await using sender = senderOf(fleet);
    await sender.ready;
    const stopping = new AbortController();
    const receiver = createReceiver({ ...optionsOf(fleet, 'out'), signal: stopping.signal });
    receiver.on('join', () => stopping.abort(reason));
    const error = (await receiver.done.catch((stopped: unknown) => stopped)) as LayercastError;
    expect(error).toMatchObject({ name: 'LayercastError', code: 'ABORTED', message: expect.stringContaining('kept') });
    expect(error.cause).toBe(stopping.signal.reason);
    expect(receiver.stats()).toBeDefined();
  });

  it('whose signal is aborted before it begins ends without an event', async () => {
    const fleet = await fleetOf(1000, '1Mbit');
    const reason = new LayercastError('TIMEOUT', 'enough');
    const receiver = createReceiver({ ...optionsOf(fleet, 'out'), signal: AbortSignal.abort(reason) });
    const names = eventsOf(receiver);
    expect(await receiver.done.catch((error: unknown) => error)).toBe(reason);
    expect(names).toEqual([]);
  });

  it('spells the options of its hints as its reader does', async () => {
    const fleet = await fleetOf(1000, '1Mbit');
    const receiver = createReceiver({ ...optionsOf(fleet, 'out'), interface: 'none0', wait: false });
    const error = (await receiver.done.catch((unknown: unknown) => unknown)) as LayercastError;
    expect(error.code).toBe('UNKNOWN_INTERFACE');
    const late = createReceiver({ ...optionsOf(fleet, 'out'), interface: 'none0', timeoutMs: 50 });
    const timeout = (await late.done.catch((passed: unknown) => passed)) as LayercastError;
    expect(timeout).toMatchObject({ code: 'TIMEOUT', hint: expect.stringContaining('the option timeoutMs') });
    expect(timeout.hintFor((option) => `--${option}`)).toContain('--timeoutMs');
    expect(timeout.cause).toBeInstanceOf(Error);
  });
});

describe('a program with receivers and senders', () => {
  const index = new URL('../../dist/index.js', import.meta.url);
  const run = async (fleet: Fleet, body: string): Promise<string> => {
    const options = JSON.stringify({
      ...optionsOf(fleet, 'out'),
      key: publicKey.export({ type: 'spki', format: 'pem' }),
    });
    const sending = JSON.stringify({ config: fleet.config, stateDir: join(fleet.folder, 'state') });
    const program = `import { createReceiver, createSender } from ${JSON.stringify(index)};
      const [options, sending] = [${options}, ${sending}];
      ${body}`;
    const args = ['--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 });
    return stdout;
  };

  it('is kept alive by them, and ends by itself when they have ended', async () => {
    const fleet = await fleetOf(100_000, '10Mbit');
    const output = await run(
      fleet,
      `const sender = createSender(sending);
      createReceiver(options).done.then(({ bytes }) => {
        console.log('complete', bytes);
        return sender.close();
      });
      process.on('exit', () => console.log('ended'));`,
    );
    expect(output).toBe('complete 100000\nended\n');
  });

  it('may block its thread: the whole file is sent and received meanwhile', async () => {
    const fleet = await fleetOf(1_000_000, '20Mbit');
    const output = await run(
      fleet,
      `import { existsSync } from 'node:fs';
      const sender = createSender(sending);
      await sender.ready;
      const receiver = createReceiver(options);
      await new Promise((resolve) => receiver.once('join', resolve));
      // No turn of this thread ends until the file is there; with an engine in this thread it never would be.
      const giveUpAt = performance.now() + 20_000;
      while (!existsSync(options.output) && performance.now() < giveUpAt);
      console.log('there', existsSync(options.output));
      receiver.on('progress', ({ bytes }) => {
        if (receiver.stats().payloadBytes < bytes) console.log('counts older than an event');
      });
      const { bytes } = await receiver.done;
      console.log('complete', bytes, receiver.stats().payloadBytes >= bytes);
      await sender.close();`,
    );
    expect(output).toBe('there true\ncomplete 1000000 true\n');
  });

  it('hears of what a listener throws as an uncaught exception, and the transfer goes on', async () => {
    const fleet = await fleetOf(100_000, '10Mbit');
    const output = await run(
      fleet,
      `const sender = createSender(sending);
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      const receiver = createReceiver(options);
      receiver.on('descriptor', () => { throw new Error('of a listener'); });
      await receiver.done.then(({ bytes }) => console.log('complete', bytes));
      await sender.close();`,
    );
    expect(output).toBe('uncaught of a listener\ncomplete 100000\n');
  });
});

describe('a sender in a thread of its own', () => {
  it('tells of a wrong fleet file as one in this thread does, with every fault, and goes on', async () => {
    const fleet = await fleetOf(1000, '1Mbit');
    await using sender = senderOf(fleet);
    await sender.ready;
    const right = await readFile(fleet.config, 'utf8');
    await writeFile(fleet.config, right.replace('1Mbit', 'fast').replace('hopLimit: 0', 'hopLimit: x'));
    const error = (await sender.reload().catch((refused: unknown) => refused)) as LayercastError;
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', faults: [{ line: 4 }, { line: 6 }] });
    expect(error.constructor.name).toBe('ConfigError');
    await writeFile(fleet.config, right);
    await sender.reload();
    expect(sender.stats()).toMatchObject({ server: 'server', objects: [{ object: 'o', version: 1 }] });
  });

  it('gives the error of a refused object to its event and to the reload alike', async () => {
    const fleet = await fleetOf(1000, '1Mbit');
    await using sender = senderOf(fleet);
    await sender.ready;
    const refused: unknown[] = [];
    sender.on('refuse', ({ error }) => void refused.push(error));
    const right = await readFile(fleet.config, 'utf8');
    await writeFile(fleet.config, right.replace('file: object', 'file: absent').replace('version: 1', 'version: 2'));
    const error: unknown = await sender.reload().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'FILE_NOT_FOUND', hint: expect.any(String) });
    expect(refused).toEqual([error]);
    expect(refused[0]).toBe(error);
  });

  it('whose thread is lost rejects everything, and tells its last counts', async () => {
    const fleet = await fleetOf(1000, '1Mbit');
    const workers = startedWorkers();
    const sender = senderOf(fleet);
    await sender.ready;
    await workers[0]!.terminate();
    for (const promise of [sender.done, sender.reload()]) {
      await expect(promise).rejects.toMatchObject({ code: expect.stringMatching(/THREAD_LOST|ABORTED/) });
    }
    await expect(sender.done).rejects.toMatchObject({ code: 'THREAD_LOST' });
    expect(sender.stats().objects).toHaveLength(1);
    await sender.close();
    // The lock of the server is free, too.
    await using next = senderOf(fleet);
    await next.ready;
  });
});
