import { describe, expect, it } from 'vitest';
import { bytesOfAddress } from '../../../dist/base/ipv6-text.js';
import { SourceTable } from '../../../dist/base/source-table.js';
import { SourceNumbers } from '../../../dist/net/batched/source-numbers.js';

/** The address as the system writes it, behind some other words. */
function words(address: string): Uint32Array {
  const bytes = new Uint8Array(24);
  bytes.set(bytesOfAddress(address), 8);
  return new Uint32Array(bytes.buffer);
}

/** Counts how often a text had to be made for an address. */
class CountingTable extends SourceTable {
  count = 0;

  override idOf(address: string): number {
    this.count++;
    return super.idOf(address);
  }
}

describe('the number of a source address in bytes', () => {
  it('is that of its text, and known addresses are found without making a text', () => {
    const table = new CountingTable('key');
    const numbers = new SourceNumbers(table);
    const addresses = Array.from({ length: 64 }, (_, i) => `fd00:1::${(i + 1).toString(16)}`);
    for (let round = 0; round < 5; round++) {
      for (const address of addresses) {
        expect(numbers.idOf(words(address), 2)).toBe(new SourceTable('key').idOf(address));
      }
    }
    expect(table.count).toBe(new Set(addresses).size);
  });

  it('stays the same however many strangers send', () => {
    const numbers = new SourceNumbers(new SourceTable('key'));
    const id = numbers.idOf(words('fd00:1::1'), 2);
    for (let i = 0; i < 5000; i++) numbers.idOf(words(`2001:db8::${i.toString(16)}`), 2);
    expect(numbers.idOf(words('fd00:1::1'), 2)).toBe(id);
  });
});
