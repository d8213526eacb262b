import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentCipher, contentKeyFrom, newContentKeyText } from '../../dist/wire/content-cipher.js';
import { fromHex, toHex, vectorsOf } from './vectors.js';

const { contents } = vectorsOf<{
  readonly contents: readonly {
    readonly what: string;
    readonly contentKey: string;
    readonly plaintext: string;
    readonly plaintextMac: string;
    readonly key: string;
    readonly counter: string;
    readonly keyCheck: string;
    readonly ciphertext: string;
  }[];
}>('encryption');

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('the encryption of content', () => {
  it.each(contents)('is as in the vectors: $what', (vector) => {
    const [contentKey, plaintext] = [fromHex(vector.contentKey), fromHex(vector.plaintext)];
    const cipher = ContentCipher.forContent(contentKey, sha256(plaintext));
    expect(toHex(cipher.encryption.plaintextMac)).toBe(vector.plaintextMac);
    expect(toHex(cipher.encryption.keyCheck)).toBe(vector.keyCheck);
    expect(toHex(cipher.start().update(plaintext))).toBe(vector.ciphertext);
  });

  it.each(contents)('has in the vectors what the page of the format says: $what', (vector) => {
    const contentKey = fromHex(vector.contentKey);
    const digest = sha256(fromHex(vector.plaintext));
    const mac = createHmac('sha256', contentKey).update('layercast content 1\0').update(digest).digest();
    expect(mac.toString('hex')).toBe(vector.plaintextMac);
    const derived = Buffer.from(hkdfSync('sha256', contentKey, mac, 'layercast content key 1', 64)).toString('hex');
    expect(derived).toBe(vector.key + vector.counter + vector.keyCheck);
    // Block by block, with a counter of our own, as an implementation without a counter mode would do it.
    const plaintext = fromHex(vector.plaintext);
    const counter = BigInt(`0x${vector.counter}`);
    const ciphertext = plaintext.map((byte, i) => {
      const ofBlock = ((counter + BigInt(i >> 4)) % 2n ** 128n).toString(16).padStart(32, '0');
      const ecb = createCipheriv('aes-256-ecb', fromHex(vector.key), null);
      return byte ^ ecb.update(fromHex(ofBlock))[i & 15]!;
    });
    expect(toHex(ciphertext)).toBe(vector.ciphertext);
  });

  it('is undone in pieces of any length by whoever has the key, and shows whether the plaintext is right', () => {
    fc.assert(
      fc.property(
        anyKey,
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (key, plaintext, step) => {
          const { encryption } = ContentCipher.forContent(key, sha256(plaintext));
          const ciphertext = ContentCipher.forContent(key, sha256(plaintext)).start().update(plaintext);
          const cipher = ContentCipher.open(key, encryption)!;
          const stream = cipher.start();
          const pieces = [];
          for (let at = 0; at < ciphertext.length; at += step)
            pieces.push(stream.update(ciphertext.subarray(at, at + step)));
          expect(Buffer.concat(pieces).equals(plaintext)).toBe(true);
          expect(cipher.isPlaintext(sha256(plaintext))).toBe(true);
          expect(cipher.isPlaintext(sha256(Buffer.concat([plaintext, plaintext, Uint8Array.of(1)])))).toBe(false);
        },
      ),
    );
  });

  it('is opened by no other key, and is another one for other content', () => {
    fc.assert(
      fc.property(anyKey, anyKey, fc.uint8Array(), fc.uint8Array(), (key, other, one, two) => {
        fc.pre(Buffer.compare(key, other) !== 0 && Buffer.compare(one, two) !== 0);
        const cipher = ContentCipher.forContent(key, sha256(one));
        expect(ContentCipher.open(other, cipher.encryption)).toBeUndefined();
        const zeros = new Uint8Array(32);
        const streams = [
          cipher,
          ContentCipher.forContent(key, sha256(two)),
          ContentCipher.forContent(other, sha256(one)),
        ].map((each) => toHex(each.start().update(zeros)));
        expect(new Set(streams).size).toBe(3);
      }),
    );
  });
});

describe('a content key', () => {
  it('is made new each time, and read from the text of its file', () => {
    const texts = [newContentKeyText(), newContentKeyText()];
    expect(texts[0]).not.toBe(texts[1]);
    for (const text of texts) expect(toHex(contentKeyFrom(text, 'k'))).toBe(text.trim());
    expect(toHex(contentKeyFrom(`\n  ${'AB'.repeat(32)} \r\n`, 'k'))).toBe('ab'.repeat(32));
  });

  it.each(['', 'ab', 'ab'.repeat(33), 'zz'.repeat(32), `${'ab'.repeat(32)} ${'ab'.repeat(32)}`])(
    'is not %j',
    (text) => {
      expect(() => contentKeyFrom(text, 'content.key')).toThrow(
        expect.objectContaining({
          code: 'KEY_INVALID',
          message: expect.stringContaining('content.key is not a content key'),
        }),
      );
    },
  );
});
