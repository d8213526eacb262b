import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ContentCipher } from '../../dist/wire/content-cipher.js';
import type { Descriptor } from '../../dist/wire/descriptor.js';
import { scratchDirectory } from '../store/scratch.js';
import { CONTENT, DESCRIPTOR, fill, NO_RESTORER, openDestination } from './destinations.js';

const KEY = new Uint8Array(32).fill(7);
/** What `CONTENT` is the ciphertext of. */
const PLAINTEXT = decrypted();
const CIPHER = ContentCipher.forContent(KEY, sha256(PLAINTEXT));
const ENCRYPTED = CIPHER.start().update(PLAINTEXT);
const SEALED: Descriptor = { ...DESCRIPTOR, sha256: sha256(ENCRYPTED), encryption: CIPHER.encryption };
const scratch = await scratchDirectory();
let folderCount = 0;

function decrypted(): Uint8Array {
  // Any bytes will do, and these differ from all that `fill` writes.
  return CONTENT.map((byte) => byte ^ 0xa5);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function newFolder(): { readonly folder: string; readonly output: string; readonly state: string } {
  const folder = join(scratch, String(folderCount++));
  mkdirSync(folder);
  return { folder, output: join(folder, 'x'), state: join(folder, 'state') };
}

/** Puts the whole ciphertext into a store that is open for the version. */
async function receiveInto(output: string, state: string, contentKey = KEY) {
  const destination = await openDestination(output, state, { contentKey });
  const opened = await destination.open(SEALED, NO_RESTORER);
  if (opened.kind !== 'store') throw new Error(`the destination is ${opened.kind}`);
  const { symbolBytes } = SEALED;
  for (let symbol = 0; symbol * symbolBytes < ENCRYPTED.length; symbol++) {
    const bytes = ENCRYPTED.subarray(symbol * symbolBytes, (symbol + 1) * symbolBytes);
    expect(opened.store.writeSymbol(symbol, symbol, bytes, 0, bytes.length)).toBe(true);
  }
  return { destination, store: opened.store };
}

describe('a version that is encrypted', () => {
  it.each([
    { contentKey: undefined, message: 'version 1 of f/o is encrypted, and this host has no content key' },
    {
      contentKey: new Uint8Array(32).fill(8),
      message: 'version 1 of f/o is encrypted with another content key than this host has',
    },
  ])('is refused before anything is written: $message', async ({ contentKey, message }) => {
    const { folder, output, state } = newFolder();
    await using destination = await openDestination(output, state, { contentKey });
    const before = readdirSync(folder);
    const opened = await destination.open(SEALED, NO_RESTORER);
    expect(opened).toMatchObject({ kind: 'refused', error: { code: 'ENCRYPTED', message } });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('becomes a file of plaintext, and nothing else stays; the next run finds it complete', async () => {
    const { folder, output, state } = newFolder();
    {
      const { destination, store } = await receiveInto(output, state);
      expect(existsSync(output)).toBe(false);
      await store.commit();
      await destination[Symbol.asyncDispose]();
    }
    expect(readFileSync(output).equals(PLAINTEXT)).toBe(true);
    expect(readdirSync(folder).filter((name) => name !== 'state' && name !== 'x')).toEqual([]);
    await using destination = await openDestination(output, state, { contentKey: KEY });
    expect(await destination.open(SEALED, NO_RESTORER)).toEqual({ kind: 'complete' });
  });

  it('is decrypted by the next run if one was killed while it decrypted; until then there is no file', async () => {
    const { folder, output, state } = newFolder();
    const { destination, store } = await receiveInto(output, state);
    // What a killed run leaves: all symbols, and half of the plaintext.
    await store.close();
    await destination[Symbol.asyncDispose]();
    writeFileSync(`${output}.part.plain`, PLAINTEXT.subarray(0, 5000));
    expect(existsSync(output)).toBe(false);
    expect(readFileSync(`${output}.part`).equals(ENCRYPTED)).toBe(true);
    await using again = await openDestination(output, state, { contentKey: KEY });
    const opened = await again.open(SEALED, NO_RESTORER);
    if (opened.kind !== 'store') throw new Error(opened.kind);
    expect(opened.store.holdings.filled.count).toBe(100);
    await opened.store.commit();
    expect(readFileSync(output).equals(PLAINTEXT)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.startsWith('x.') && !name.endsWith('.lock'))).toEqual([]);
  });

  it.each([
    ['has another name', linkSync],
    ['became a link meanwhile', symlinkSync],
  ])('is not written to what an earlier run left if that %s', async (_, link) => {
    const { folder, output, state } = newFolder();
    writeFileSync(join(folder, 'other'), 'of somebody else');
    const { destination, store } = await receiveInto(output, state);
    link(join(folder, 'other'), `${output}.part.plain`);
    await store.commit();
    await destination[Symbol.asyncDispose]();
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('of somebody else');
    expect(readFileSync(output).equals(PLAINTEXT)).toBe(true);
  });

  it('is complete where a run was killed after it had made the file, and what the run left goes', async () => {
    const { folder, output, state } = newFolder();
    const { destination, store } = await receiveInto(output, state);
    await store.close();
    await destination[Symbol.asyncDispose]();
    writeFileSync(output, PLAINTEXT);
    await using again = await openDestination(output, state, { contentKey: KEY });
    expect(await again.open(SEALED, NO_RESTORER)).toEqual({ kind: 'complete' });
    expect(readdirSync(folder).filter((name) => name.startsWith('x.') && !name.endsWith('.lock'))).toEqual([]);
  });

  it('replaces a file that is there in one step and keeps its mode', async () => {
    const { output, state } = newFolder();
    writeFileSync(output, 'old', { mode: 0o640 });
    const { destination, store } = await receiveInto(output, state);
    expect(statSync(`${output}.part`).mode & 0o777).toBe(0o600);
    await store.commit();
    await destination[Symbol.asyncDispose]();
    expect(readFileSync(output).equals(PLAINTEXT)).toBe(true);
    expect(statSync(output).mode & 0o777).toBe(0o640);
  });

  it('that is not what its record says leaves the file as it was', async () => {
    const { folder, output, state } = newFolder();
    writeFileSync(output, 'old');
    const { plaintextMac } = ContentCipher.forContent(KEY, new Uint8Array(32)).encryption;
    const { keyCheck } = ContentCipher.forContent(KEY, new Uint8Array(32)).encryption;
    await using destination = await openDestination(output, state, { contentKey: KEY });
    const lie = { ...DESCRIPTOR, encryption: { plaintextMac, keyCheck } };
    const opened = await destination.open(lie, NO_RESTORER);
    if (opened.kind !== 'store') throw new Error(opened.kind);
    fill(opened.store);
    await expect(opened.store.commit()).rejects.toMatchObject({ code: 'RECORD_INVALID' });
    expect(readFileSync(output, 'utf8')).toBe('old');
    expect(readdirSync(folder)).not.toContain('x.part.plain');
  });
});
