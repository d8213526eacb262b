import { describe, expect, test } from 'vitest';
import type { AgentStatus } from '../../../dist/agent/agent-plan.js';
import { RADIO_PATH, STATE_PATH } from '../../../dist/agent/coap/device-paths.js';
import { DEVICE_LINKS, DeviceSite, type RadioStatus } from '../../../dist/agent/coap/device-site.js';
import { codeText } from '../../../dist/coap/code.js';
import { formatLinks } from '../../../dist/coap/links.js';
import { Wire } from '../../coap/wire.js';

const DEVICE = { address: 'fd00::1', port: 5683 };
const MANAGER = { address: 'fd00::2', port: 5683 };
const STRANGER = { address: 'fd00::3', port: 5683 };

/** A device with one object, its manager and a stranger. */
function scene(isPublic = false) {
  const wire = new Wire();
  const did: string[] = [];
  const state = { object: 'firmware', version: 3, state: 'applied', lwm2mState: 0, lwm2mResult: 1 };
  const hidden = { bytes: 1, sha256: 'x', path: '/secret' };
  let radio: RadioStatus = { isAwake: true, nextWakeAt: null };
  let status = {
    fleet: 'acme',
    isAwake: true,
    nextWakeUs: undefined,
    objects: [{ ...state, ...hidden }],
  } as unknown as AgentStatus;
  const isManager = ({ address }: { readonly address: string }) => address === MANAGER.address;
  const site = new DeviceSite({
    status: () => status,
    radio: () => radio,
    mayRead: (peer) => isPublic || isManager(peer),
    mayTrigger: isManager,
    trigger: (object) => {
      did.push(`trigger ${object}`);
      return object !== 'other';
    },
    push: (record) => {
      did.push(`push ${record.length}`);
      return record[0] === 1;
    },
  });
  const device = wire.endpoint(DEVICE, { site });
  const [manager, stranger] = [wire.endpoint(MANAGER), wire.endpoint(STRANGER)];
  const change = (objects: AgentStatus['objects'], next: RadioStatus) => {
    status = { ...status, objects };
    radio = next;
  };
  return { wire, did, state, device, manager, stranger, change };
}

const jsonOf = ({ payload }: { readonly payload: Uint8Array }) => JSON.parse(Buffer.from(payload).toString());

describe('a device by CoAP', () => {
  test('tells its manager the states of its objects, without paths, and whether it is awake, and each change of both', async () => {
    const { wire, state, device, manager, change } = scene();
    const heard: unknown[] = [];
    for (const path of [[STATE_PATH], [RADIO_PATH]]) {
      manager.observe(
        DEVICE,
        { path },
        { onNotification: (one) => heard.push(jsonOf(one)), onEnd: (why) => heard.push(why) },
      );
    }
    await wire.pass(1e6);
    change([], { isAwake: false, nextWakeAt: '2027-01-15T08:00:00.000Z' });
    device.notify([STATE_PATH]);
    device.notify([RADIO_PATH]);
    await wire.pass(1e6);
    expect(heard).toEqual([
      { fleet: 'acme', objects: [state] },
      { isAwake: true, nextWakeAt: null },
      { fleet: 'acme', objects: [] },
      { isAwake: false, nextWakeAt: '2027-01-15T08:00:00.000Z' },
    ]);
    const links = await wire.finish(manager.request(DEVICE, { method: 'GET', path: ['.well-known', 'core'] }));
    expect(Buffer.from(links.payload).toString()).toBe(formatLinks(DEVICE_LINKS));
  });

  test('is triggered and gets records from its manager, and from nobody else', async () => {
    const { wire, did, manager, stranger } = scene(true);
    const post = async (
      from: typeof manager,
      fields: { readonly query?: readonly string[]; readonly payload?: Uint8Array },
    ) => codeText((await wire.finish(from.request(DEVICE, { method: 'POST', path: ['sw'], ...fields }))).code);
    expect(await post(manager, {})).toBe('2.04');
    expect(await post(manager, { query: ['object=maps/a=b'] })).toBe('2.04');
    expect(await post(manager, { query: ['object=other'] })).toBe('4.04');
    expect(await post(manager, { payload: new Uint8Array(5000).fill(1) })).toBe('2.04');
    expect(await post(manager, { payload: Uint8Array.of(0) })).toBe('4.00');
    expect(await post(manager, { payload: new Uint8Array(65_537).fill(1) })).toBe('4.13');
    const before = ['trigger undefined', 'trigger maps/a=b', 'trigger other', 'push 5000', 'push 1'];
    expect(did).toEqual(before);
    for (const fields of [{}, { payload: new Uint8Array(5000) }, { payload: Uint8Array.of(1) }]) {
      expect(await post(stranger, fields)).toBe('4.03');
    }
    expect(did).toEqual(before);
    const read = await wire.finish(stranger.request(DEVICE, { method: 'GET', path: ['fw'] }));
    expect(codeText(read.code)).toBe('2.05');
    for (const method of ['PUT', 'DELETE'] as const) {
      expect(codeText((await wire.finish(manager.request(DEVICE, { method, path: ['fw'] }))).code)).toBe('4.05');
    }
  });

  test('that listens to its directory only tells strangers nothing', async () => {
    const { wire, device, stranger } = scene();
    for (const path of [[STATE_PATH], [RADIO_PATH]]) {
      const ended: unknown[] = [];
      stranger.observe(DEVICE, { path }, { onNotification: () => ended.push('told'), onEnd: (why) => ended.push(why) });
      await wire.pass(1e6);
      expect(ended).toEqual([expect.objectContaining({ code: 0x83 })]);
    }
    expect(device.observerCount).toBe(0);
  });
});
