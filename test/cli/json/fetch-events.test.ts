import { EventEmitter } from 'eventemitter3';
import { describe, expect, it } from 'vitest';
import { tellPrograms } from '../../../dist/cli/json/fetch-events.js';
import type { Receiver } from '../../../dist/create-receiver.js';
import { runCli } from '../run-cli.js';

function told(name: string, event: object): unknown {
  const printed: unknown[] = [];
  const receiver = new EventEmitter();
  tellPrograms(receiver as unknown as Receiver, (event, fields) => printed.push({ event, ...fields }));
  receiver.emit(name, event);
  expect(printed).toHaveLength(1);
  return JSON.parse(JSON.stringify(printed[0]));
}

describe('the events of fetch --json', () => {
  it('say null where a join hears any server, and where no capacity has been seen', () => {
    const join = { server: undefined, channel: 2, group: 'ff15::1', reason: 'level 2 → 3: the preview found room' };
    expect(told('join', join)).toEqual({ event: 'join', ...join, server: null });
    expect(told('leave', { ...join, server: 'alpha' })).toMatchObject({ event: 'leave', server: 'alpha' });
    expect(told('progress', { level: 2, capacityBitsPerSecond: undefined })).toEqual({
      event: 'progress',
      level: 2,
      capacityBitsPerSecond: null,
    });
    expect(told('progress', { capacityBitsPerSecond: 5e6 })).toMatchObject({ capacityBitsPerSecond: 5e6 });
  });

  it('carry the whole milliseconds since the command started, the error at the end too', async () => {
    const { code, stdout } = await runCli(['fetch', 'acme/maps', '--key', 'none.pub', '-o', 'maps', '--json']);
    expect(code).toBe(2);
    const { event, atMs } = JSON.parse(stdout);
    expect(event).toBe('error');
    expect(Number.isInteger(atMs)).toBe(true);
    expect(atMs).toBeGreaterThan(0);
  });
});
