import { describe, expect, it } from 'vitest';
import { SourceTable } from '../../dist/base/source-table.js';

const strangers = Array.from({ length: 5000 }, (_, i) => `fd00:bad::${i.toString(16)}`);

describe('the table of sources', () => {
  it('gives each address a number of its own, and the address of a number', () => {
    const table = new SourceTable('secret');
    const ids = ['fd00::1', 'fd00::2', 'fd00::1', 'fd00::3', 'fd00::2'].map((address) => table.idOf(address));
    expect(ids[0]).toBe(ids[2]);
    expect(ids[1]).toBe(ids[4]);
    expect(new Set(ids).size).toBe(3);
    expect(ids.map((id) => table.addressOf(id))).toEqual(['fd00::1', 'fd00::2', 'fd00::1', 'fd00::3', 'fd00::2']);
    for (const id of ids) expect(Number.isInteger(id) && id >= 0 && id < 2 ** 31).toBe(true);
  });

  it('remembers 1024 addresses, and forgets the ones that were added first', () => {
    const table = new SourceTable('secret');
    const ids = strangers.map((address) => table.idOf(address));
    const known = ids.filter((id) => table.addressOf(id) !== undefined);
    expect(known).toEqual(ids.slice(-1024));
  });

  it('keeps the numbers of honest servers, which differ, however many strangers send', () => {
    const table = new SourceTable('secret');
    const servers = ['fd00::1', 'fd00::2'];
    const before = servers.map((address) => table.idOf(address));
    for (const address of strangers) table.idOf(address);
    expect(servers.map((address) => table.idOf(address))).toEqual(before);
    expect(servers.map((address) => table.addressOf(table.idOf(address)))).toEqual(servers);
  });

  it('gives numbers that cannot be guessed without the key', () => {
    const [one, other] = ['one', 'other'].map((key) => new SourceTable(key).idOf('fd00::1'));
    expect(one).not.toBe(other);
  });
});
