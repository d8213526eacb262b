import { describe, expect, it } from 'vitest';
import type { AgentStateEvent } from '../../dist/agent/events.js';
import type { DevicePlan } from '../../dist/mqtt/device-plan.js';
import { deviceReports } from '../../dist/mqtt/device-reports.js';
import { FleetTopics } from '../../dist/mqtt/topics.js';

const plan: DevicePlan = {
  prefix: 'layercast',
  fleet: 'acme',
  deviceId: 'd 1',
  objects: ['**'],
  commands: ['fetch'],
  jitterUs: 0,
  sessionS: 60,
  lostAfterS: 30,
  homeAssistant: 'homeassistant',
  thingsBoard: 'firmware',
};

function object(name: string, state: AgentStateEvent['state'], more: Partial<AgentStateEvent> = {}): AgentStateEvent {
  return { object: name, version: 2, state, lwm2mState: 0, lwm2mResult: 0, bytes: 5, sha256: '00', ...more };
}

function reports(objects: readonly AgentStateEvent[]) {
  const messages = deviceReports(plan, { state: 'online', status: { objects }, document: { fleet: 'acme' } });
  return new Map(messages.map((message) => [message.topic, message]));
}

describe('what a device tells', () => {
  it('is an update entity of Home Assistant for each object, which finds its topics', () => {
    const told = reports([object('maps/eu', 'receiving', { appliedVersion: 1 })]);
    const [topic, config] = [...told].find(([name]) => name.startsWith('homeassistant/'))!;
    expect(topic).toMatch(/^homeassistant\/update\/[A-Za-z0-9_-]+\/config$/);
    const fields = JSON.parse(String(config.payload));
    expect(JSON.parse(String(told.get(fields.state_topic)!.payload))).toEqual({
      title: 'maps/eu',
      installed_version: '1',
      latest_version: '2',
      in_progress: true,
    });
    expect(String(told.get(fields.availability_topic)!.payload)).toBe(fields.payload_available);
    expect(fields.command_topic).toBe('layercast/acme/devices/d%201/command');
  });

  it('has the words of ThingsBoard for its firmware, and nothing before there is any', () => {
    const fwState = (state: AgentStateEvent['state']) => {
      const message = reports([object('firmware', state), object('other', 'failed')]).get('v1/devices/me/telemetry');
      return message && JSON.parse(String(message.payload)).fw_state;
    };
    const states = ['idle', 'announced', 'receiving', 'verified', 'applying', 'applied', 'failed'] as const;
    expect(states.map(fwState)).toEqual([
      undefined,
      undefined,
      'DOWNLOADING',
      'VERIFIED',
      'UPDATING',
      'UPDATED',
      'FAILED',
    ]);
  });

  it('is not longer than brokers take, and says how many objects are missing', () => {
    const objects = Array.from({ length: 1500 }, (_, i) => object(`o${i}`, 'applied', { path: '/x'.repeat(50) }));
    const text = String(reports(objects).get('layercast/acme/devices/d%201/status')!.payload);
    expect(text.length).toBeLessThan(128_001);
    const status = JSON.parse(text);
    expect(status.objects.length + status.missing).toBe(1500);
    expect(status.objects.length).toBeGreaterThan(300);
  });
});

describe('topics', () => {
  it('have each name as one level, and are told apart by what they mean', () => {
    const topics = new FleetTopics('a/b', 'acme');
    for (const name of ['maps/eu', '+', '#', '%2F', 'ä b', 'devices', 'proofs']) {
      const topic = topics.release(name);
      expect(topic.split('/')).toHaveLength(5);
      expect(topic).not.toMatch(/[+#]/);
      expect(topics.meaningOf(topic, 'd')).toEqual({ kind: 'release', object: name });
    }
    expect(topics.meaningOf(topics.device('d', 'command'), 'd')).toEqual({ kind: 'command' });
    expect(topics.meaningOf(topics.device('e', 'command'), 'd')).toBeUndefined();
    expect(topics.meaningOf(topics.proof(7), 'd')).toEqual({ kind: 'proof' });
    for (const strange of ['', 'a/b', 'a/b/acme', 'a/b/acme/x/y/release', 'x/acme/o/release', 'a/b/acme/%/release']) {
      expect(topics.meaningOf(strange, 'd')).toBeUndefined();
    }
  });
});
