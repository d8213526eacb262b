import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Thread } from '../../dist/work/thread.js';
import { ODD_WORKER, type OddWorker } from './odd-worker.js';

const started: Thread<OddWorker>[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(started.splice(0).map((thread) => thread.close()));
});

function start(data?: unknown, file = ODD_WORKER): Thread<OddWorker> {
  const thread = new Thread<OddWorker>(file, 'odd', data);
  started.push(thread);
  return thread;
}

/** The error of a call. */
function failed(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

/** Runs a program with a thread; `Odd` is the class, `file` the worker file. Resolves to what the program prints. */
async function run(body: string, ...nodeOptions: string[]): Promise<string> {
  const program = `
    import { Thread } from ${JSON.stringify(new URL('../../dist/work/thread.js', import.meta.url))};
    const thread = new Thread(new URL(${JSON.stringify(ODD_WORKER)}), 'odd');
    ${body}`;
  const args = [...nodeOptions, '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 });
  return stdout;
}

describe('a call', () => {
  it('returns what the function of the worker file returns, now or later', async () => {
    const thread = start({ from: 'the owner' });
    const value = { list: [1, 2], bytes: Uint8Array.of(3), nothing: undefined };
    expect(await thread.call('echo', value)).toEqual(value);
    expect(await thread.call('later', 5)).toBe(5);
    expect(await thread.call('data', undefined)).toEqual({ from: 'the owner' });
  });

  it('is answered after the calls that were made before it', async () => {
    const thread = start();
    expect(await Promise.all([1, 2, 3].map(() => thread.call('count', undefined)))).toEqual([1, 2, 3]);
  });

  it('gets an error of layercast with its code, message and hint, and the thread goes on', async () => {
    const thread = start();
    const error = await failed(thread.call('fail', { code: 'DISK_FULL', hint: 'make room' }));
    expect(error).toMatchObject({ name: 'LayercastError', code: 'DISK_FULL', message: 'it failed as asked' });
    expect(error).toMatchObject({ hint: 'make room', stack: expect.stringContaining('odd-worker.mjs') });
    expect(await thread.call('echo', 1)).toBe(1);
  });

  it('gets any other error as INTERNAL with its message, and the thread goes on', async () => {
    const thread = start();
    const error = await failed(thread.call('trip', undefined));
    expect(error).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('not expected') });
    expect(await thread.call('echo', 1)).toBe(1);
  });

  it('moves memory to the worker and back', async () => {
    const thread = start();
    const bytes = new Uint8Array(100);
    const filled = await thread.call('fill', bytes, { transfer: [bytes.buffer] });
    expect(bytes.buffer.byteLength).toBe(0);
    expect(filled).toEqual(new Uint8Array(100).fill(7));
  });

  it('works on shared memory where it is', async () => {
    const thread = start();
    const shared = new Uint8Array(new SharedArrayBuffer(10));
    await thread.call('fill', shared);
    expect(Uint8Array.from(shared)).toEqual(new Uint8Array(10).fill(7));
  });

  it('with arguments or a result that cannot be sent fails, and the thread goes on', async () => {
    const thread = start();
    const sent = failed(thread.call('echo', () => 1));
    expect(await sent).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('"echo" cannot be sent') });
    expect(await failed(thread.call('answerWithFunction', undefined))).toMatchObject({ code: 'INTERNAL' });
    expect(await thread.call('echo', 1)).toBe(1);
  });

  it('ends with the reason of its signal, before and while it waits', async () => {
    const thread = start();
    const abort = new AbortController();
    const waiting = failed(thread.call('never', undefined, { signal: abort.signal }));
    const late = failed(thread.call('later', 2, { signal: abort.signal }));
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await waiting).toBe(reason);
    expect(await late).toBe(reason);
    expect(await failed(thread.call('echo', 1, { signal: abort.signal }))).toBe(reason);
    expect(await thread.call('later', 3)).toBe(3);
  });
});

describe('a thread that is lost', () => {
  it.each([
    ['ends with exit code 0', (thread: Thread<OddWorker>) => thread.call('exit', 0), 'exit code 0'],
    ['ends with exit code 3', (thread: Thread<OddWorker>) => thread.call('exit', 3), 'exit code 3'],
    ['stops to listen', (thread: Thread<OddWorker>) => thread.call('stopListening', undefined), 'exit code'],
    ['throws outside of a call', (thread: Thread<OddWorker>) => thread.call('crash', undefined), 'out of the blue'],
  ])('because it %s fails all calls under way and all later ones', async (_, end, why) => {
    const thread = start();
    const others = [failed(thread.call('never', undefined)), failed(thread.call('never', undefined))];
    const lost = { code: 'THREAD_LOST', hint: expect.any(String), message: expect.stringContaining(`odd thread`) };
    const error = await failed(end(thread));
    expect(error).toMatchObject(lost);
    expect(error).toMatchObject({ message: expect.stringContaining(why) });
    for (const other of others) expect(await other).toMatchObject(lost);
    expect(thread.isEnded).toBe(true);
    expect(await failed(thread.call('echo', 1))).toMatchObject(lost);
  });

  it('between two calls fails the next one', async () => {
    const thread = start();
    await thread.call('exitLater', 4);
    await vi.waitUntil(() => thread.isEnded, { timeout: 10_000 });
    expect(await failed(thread.call('echo', 1))).toMatchObject({ code: 'THREAD_LOST' });
  });

  it('because its worker file is missing, or throws, says why', async () => {
    const missing = start(undefined, new URL('./no-such-worker.js', import.meta.url));
    const error = await failed(missing.call('echo', 1));
    expect(error).toMatchObject({
      code: 'THREAD_LOST',
      message: expect.stringContaining('no-such-worker.js is missing'),
    });
    expect(error).toMatchObject({ hint: expect.stringContaining('bundle') });
    const message = expect.stringContaining('no such data');
    expect(await failed(start('refuse to start').call('echo', 1))).toMatchObject({ code: 'THREAD_LOST', message });
  });

  it('because a message cannot be read does not let its caller wait', async () => {
    const workers: Worker[] = [];
    vi.spyOn(Worker.prototype, 'ref').mockImplementation(function (this: Worker) {
      workers.push(this);
    });
    const thread = start();
    const waiting = failed(thread.call('never', undefined));
    workers[0]!.emit('messageerror', new Error('a message from nowhere'));
    const message = expect.stringContaining('a message from nowhere');
    expect(await waiting).toMatchObject({ code: 'THREAD_LOST', message });
  });

  it('because it takes more memory than it may says so', async () => {
    const output = await run(
      `await thread.call('eatMemory').catch(({ code, message, hint }) => console.log(code, message, hint));`,
      '--max-old-space-size=40',
    );
    expect(output).toMatch(/^THREAD_LOST the odd thread ran out of memory Give .*memory/);
  });
});

describe('a thread', () => {
  it('that is closed rejects the calls under way and all later ones', async () => {
    const thread = start();
    const waiting = failed(thread.call('never', undefined));
    await thread.close();
    expect(await waiting).toMatchObject({ code: 'ABORTED' });
    expect(await failed(thread.call('echo', 1))).toMatchObject({ code: 'ABORTED' });
    expect(thread.isEnded).toBe(true);
  });

  it('keeps the process alive while a call is under way, and not longer', async () => {
    expect(await run(`thread.call('later', 1).then((value) => console.log('got', value));`)).toBe('got 1\n');
  });
});
