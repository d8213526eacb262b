import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeviceFilter, DeviceStates } from '../../dist/manager/device-states.js';
import { readRadio, statusTextOf } from '../../dist/manager/device-status.js';

const statusText = (version: number, state = 'applied') =>
  statusTextOf(Buffer.from(JSON.stringify({ fleet: 'acme', objects: [{ object: 'firmware', version, state }] })))!;

function namesOf(states: DeviceStates, filter: DeviceFilter, count: number): readonly string[] {
  const names: string[] = [];
  for (let after: string | undefined, page = 0; page < 100; page++) {
    const found = states.page(filter, after, count);
    names.push(...found.devices.map(({ device }) => device));
    after = found.next;
    if (after === undefined) return names;
  }
  throw new Error('the list has no end');
}

describe('the states of devices', () => {
  it('are listed in order, each once, by any filter and in pages of any size, and counted by version', () => {
    const step = fc.record({
      device: fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'c', 'ü'),
      version: fc.option(fc.integer({ min: 1, max: 3 })),
      isRegistered: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (steps, count) => {
        const states = new DeviceStates(100, () => undefined);
        const oracle = new Map<string, { version: number | undefined; isRegistered: boolean }>();
        for (const { device, version, isRegistered } of steps) {
          const known = oracle.get(device);
          oracle.set(device, { version: version ?? known?.version, isRegistered });
          states.change(device, { isRegistered, ...(version === null ? {} : { statusText: statusText(version) }) });
        }
        const sorted = [...oracle].sort(([a], [b]) => (a < b ? -1 : 1));
        const wanted = (fits: (name: string, one: { version: number | undefined; isRegistered: boolean }) => boolean) =>
          sorted.filter(([name, one]) => fits(name, one)).map(([name]) => name);
        expect(namesOf(states, {}, count)).toEqual(wanted(() => true));
        expect(namesOf(states, { prefix: 'ab' }, count)).toEqual(wanted((name) => name.startsWith('ab')));
        expect(namesOf(states, { version: 2 }, count)).toEqual(wanted((_, { version }) => version === 2));
        expect(namesOf(states, { isRegistered: false }, count)).toEqual(wanted((_, one) => !one.isRegistered));
        for (const { version, deviceCount } of states.counts()) {
          expect(deviceCount).toBe(wanted((_, one) => one.version === version).length);
        }
        expect(states.registeredCount).toBe(wanted((_, one) => one.isRegistered).length);
      }),
    );
  });

  it('make room by forgetting the device whose registration ended longest ago, and never a registered one', () => {
    const forgotten: string[] = [];
    const states = new DeviceStates(3, (device) => forgotten.push(device));
    for (const device of ['a', 'b', 'c']) states.change(device, { isRegistered: true, statusText: statusText(1) });
    expect(states.change('d', { isRegistered: true })).toBeUndefined();
    states.change('b', { isRegistered: false });
    states.change('a', { isRegistered: false });
    expect(states.change('d', { isRegistered: true })).toBeDefined();
    expect([forgotten, namesOf(states, {}, 9)]).toEqual([['b'], ['a', 'c', 'd']]);
    expect(states.counts()).toMatchObject([{ version: 1, deviceCount: 2 }]);
  });
});

describe('what a device says', () => {
  it('is cut to what is kept, and nothing if any part has another form', () => {
    const objects = Array.from({ length: 40 }, (_, i) => ({ object: `o${i}`, version: 1, state: 'failed', more: 'x' }));
    const message = `a\nb${'x'.repeat(500)}`;
    const long = { fleet: 'acme', objects: objects.map((one) => ({ ...one, message })) };
    const kept = JSON.parse(statusTextOf(Buffer.from(JSON.stringify(long)))!);
    expect(kept.objects).toHaveLength(32);
    expect(kept.objects[0]).toEqual({ object: 'o0', version: 1, state: 'failed', message: `a b${'x'.repeat(117)}` });
    for (const wrong of [
      '',
      'null',
      '[]',
      '{"fleet":"acme"}',
      '{"fleet":"acme","objects":{}}',
      '{"fleet":"","objects":[]}',
      '{"fleet":"acme","objects":[null]}',
      '{"fleet":"acme","objects":[{"object":"o","version":-1,"state":"applied"}]}',
      '{"fleet":"acme","objects":[{"object":"o","version":1,"state":"toString"}]}',
      `{"fleet":"acme","objects":[{"object":"${'o'.repeat(129)}","version":1,"state":"applied"}]}`,
    ]) {
      expect(statusTextOf(Buffer.from(wrong)), wrong).toBeUndefined();
    }
    expect(readRadio(Buffer.from('{"isAwake":false,"nextWakeAt":"<b>"}'))).toEqual({
      isAwake: false,
      nextWakeAt: null,
    });
    expect(readRadio(Buffer.from('{"isAwake":1}'))).toBeUndefined();
  });

  it('is never thrown, whatever bytes it has', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          statusTextOf(bytes);
          readRadio(bytes);
        },
      ),
    );
  });
});
