import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createReceiver, LayercastError, type Network, type WarningEvent } from '../dist/index.js';
import { packDescriptor } from '../dist/wire/descriptor.js';
import { recordDatagrams } from '../dist/wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL } from '../dist/wire/header.js';
import { signRecord } from '../dist/wire/signature.js';
import { batchOf } from './receiver/datagrams.js';
import { scratchDirectory } from './store/scratch.js';
import { descriptorOf, privateKey, publicKey, recordVectors } from './wire/descriptor-samples.js';

const scratch = await scratchDirectory();

/** A network on which an object with these bytes is announced once, to whoever joins, and nothing else is sent. */
function announcing(bytes: Uint8Array): Network {
  const sample = descriptorOf(recordVectors[0]!.descriptor);
  const sha256 = createHash('sha256').update(bytes).digest();
  const descriptor = {
    ...sample,
    fleet: 'acme',
    object: 'firmware',
    sizeBytes: bytes.length,
    symbolBytes: 1184,
    blockCount: 1,
    fecEncodingId: 0,
    sha256,
    blockRoot: sha256,
    expiresS: undefined,
  };
  const datagrams = recordDatagrams(signRecord(packDescriptor(descriptor), privateKey), 0, ANNOUNCEMENT_CHANNEL);
  return {
    openSender: () => Promise.reject(new Error('a receiver sends nothing')),
    join: async (_, onBatch) => {
      setImmediate(() => onBatch(batchOf(...datagrams)));
      return { isStale: false, leave: async () => undefined };
    },
  };
}

const OPTIONS = { fleet: 'acme', object: 'firmware', key: publicKey, patienceMs: 20_000 };

describe('a receiver', () => {
  it('is done, with a warning, when a file is complete and only its version cannot be remembered', async () => {
    const folder = join(scratch, 'unremembered');
    await mkdir(folder);
    const bytes = randomBytes(1000);
    const output = join(folder, 'firmware.img');
    await writeFile(output, bytes);
    // A file in the place of the state directory: nothing can be written below it.
    const stateDir = join(folder, 'state');
    await writeFile(stateDir, '');
    const warnings: WarningEvent[] = [];
    const receiver = createReceiver({ ...OPTIONS, output, stateDir, network: announcing(bytes) });
    receiver.on('warning', (event) => warnings.push(event));
    const complete = await receiver.done;
    expect(complete).toMatchObject({ bytes: 1000, resumedBytes: 1000, datagrams: 0, path: output });
    expect(warnings).toMatchObject([{ code: 'NOT_REMEMBERED', message: expect.stringContaining(stateDir) }]);
    expect(await readFile(output)).toEqual(bytes);
  });

  it('recognises a right file through a link, and names the path that was asked for', async () => {
    const folder = join(scratch, 'linked');
    await mkdir(folder);
    const bytes = randomBytes(1000);
    await writeFile(join(folder, 'real.img'), bytes);
    const output = join(folder, 'link.img');
    await symlink('real.img', output);
    const options = { ...OPTIONS, output, stateDir: join(folder, 'state'), network: announcing(bytes) };
    expect(await createReceiver(options).done).toMatchObject({ resumedBytes: 1000, path: output });
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'enough'],
    ['an error', new Error('enough')],
    ['an error of ours with another code', new LayercastError('TIMEOUT', 'enough')],
  ])('rejects with a LayercastError when its signal is aborted with %s', async (_, reason) => {
    const folder = join(scratch, `abort ${String(reason)}`.replace(/\W/g, '-'));
    await mkdir(folder);
    const stopping = new AbortController();
    const network = announcing(randomBytes(10_000));
    const receiver = createReceiver({ ...OPTIONS, output: join(folder, 'out.img'), network, signal: stopping.signal });
    receiver.on('join', () => stopping.abort(reason));
    const error: unknown = await receiver.done.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(LayercastError);
    const expected = reason instanceof LayercastError ? { code: 'TIMEOUT' } : { code: 'ABORTED' };
    expect(error).toMatchObject(expected);
    if (reason !== undefined && !(reason instanceof LayercastError)) expect(error).toHaveProperty('cause', reason);
  });

  it('that may not take longer ends while it watches whether a process of another container still holds its lock', async () => {
    const folder = join(scratch, 'watched');
    await mkdir(folder);
    const output = join(folder, 'out.img');
    await writeFile(`${output}.part.lock`, JSON.stringify({ pid: 1, pidNamespace: 'pid:[1]', nonce: 'other' }));
    const receiver = createReceiver({ ...OPTIONS, output, network: announcing(randomBytes(1000)), timeoutMs: 200.5 });
    await expect(receiver.done).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^could not begin within 0\.2005 s: waiting up to 10 s to see whether process 1/),
    });
  });

  it.each([2 ** 31, 2 ** 32 + 0.5, 31_536_000_000])(
    'may take %d ms, which is more than timers count',
    async (timeoutMs) => {
      const folder = join(scratch, `long ${timeoutMs}`);
      await mkdir(folder);
      const receiver = createReceiver({ ...OPTIONS, output: join(folder, 'out.img'), interface: 'none0', timeoutMs });
      receiver.on('waiting', () => setTimeout(() => void receiver.close(), 50));
      await expect(receiver.done).rejects.toMatchObject({ code: 'ABORTED' });
    },
  );

  it.each(['before it began', 'when it has joined'])('can be closed %s, and again', async (when) => {
    const folder = join(scratch, when.replaceAll(' ', '-'));
    await mkdir(folder);
    const receiver = createReceiver({
      ...OPTIONS,
      output: join(folder, 'out.img'),
      network: announcing(randomBytes(10_000)),
    });
    if (when !== 'before it began') await new Promise((resolve) => receiver.on('join', resolve));
    await receiver.close();
    await receiver.close();
    await expect(receiver.done).rejects.toMatchObject({ code: 'ABORTED' });
    expect(() => receiver.stats()).not.toThrow();
  });
});
