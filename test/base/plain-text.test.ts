import { expect, it } from 'vitest';
import { plainText } from '../../dist/base/plain-text.js';
import { OriginFault } from '../../dist/mirror/origin-fault.js';
import { BrokerFault } from '../../dist/mqtt/broker-connection.js';

const HOSTILE = '\u001b]0;title\u0007 \u009b31m red \u202etxt.exe';

it('leaves nothing in the texts of strangers that moves a cursor, sets a title or turns the writing', () => {
  const texts = [
    plainText(HOSTILE),
    new OriginFault(`it sends to ${HOSTILE}`).message,
    new BrokerFault(HOSTILE).message,
  ];
  for (const text of texts) expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(plainText('a'.repeat(1e6)).length).toBeLessThan(400);
  expect(plainText('Größe 3 → 4')).toBe('Größe 3 → 4');
});
