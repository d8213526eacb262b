import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DecryptingSink } from '../../../dist/retrieve/stream/decrypting-sink.js';
import { ContentCipher } from '../../../dist/wire/content-cipher.js';

const KEY = new Uint8Array(32).fill(7);
const PLAINTEXT = Uint8Array.from({ length: 1000 }, (_, i) => i * 7);

function cipherOf(plaintext: Uint8Array): ContentCipher {
  return ContentCipher.forContent(KEY, createHash('sha256').update(plaintext).digest());
}

function collecting() {
  const pieces: Uint8Array[] = [];
  const ends: string[] = [];
  const sink = {
    write: async (bytes: Uint8Array) => void pieces.push(Uint8Array.from(bytes)),
    end: async () => void ends.push('ended'),
    abandon: () => void ends.push('abandoned'),
  };
  return { sink, pieces, ends };
}

async function send(sink: DecryptingSink, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 37) await sink.write(bytes.subarray(at, at + 37));
  await sink.end();
}

describe('a sink that decrypts', () => {
  it('hands the plaintext on', async () => {
    const { sink, pieces, ends } = collecting();
    const cipher = cipherOf(PLAINTEXT);
    await send(new DecryptingSink(sink, cipher), cipher.start().update(PLAINTEXT));
    expect(Buffer.concat(pieces).equals(PLAINTEXT)).toBe(true);
    expect(ends).toEqual(['ended']);
  });

  it('abandons what is not the content that the record names', async () => {
    const { sink, ends } = collecting();
    const cipher = cipherOf(PLAINTEXT);
    const other = cipher.start().update(PLAINTEXT.map((byte) => byte ^ 1));
    await expect(send(new DecryptingSink(sink, cipher), other)).rejects.toMatchObject({ code: 'RECORD_INVALID' });
    expect(ends).toEqual(['abandoned']);
  });
});
