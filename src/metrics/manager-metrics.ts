import type { CoapCounts } from '../coap/bounds.js';
import type { Manager } from '../manager/manager.js';
import type { Metric, Sample } from './metric.js';

const PREFIX = 'layercast_manager_';

/** What a manager knows and does, as metrics. */
export function managerMetrics(manager: Manager, coap: CoapCounts): readonly Metric[] {
  const one = (value: () => number) => () => [{ labels: {}, value: value() }];
  const gauge = (name: string, help: string, value: () => number): Metric => ({
    ...{ name: PREFIX + name, kind: 'gauge', help, labels: [], samples: one(value) },
  });
  const counter = (name: string, help: string, value: () => number): Metric => ({
    ...gauge(`${name}_total`, help, value),
    kind: 'counter',
  });
  return [
    gauge('devices', 'Devices that are known.', () => manager.deviceCount),
    gauge('registered_devices', 'Devices whose registration has not ended.', () => manager.registeredCount),
    {
      name: `${PREFIX}object_devices`,
      kind: 'gauge',
      help: 'Devices that have an object in a state at a version.',
      labels: ['fleet', 'object', 'version', 'state'],
      samples: () => manager.stateCounts().map(sampleOf),
    },
    gauge('unwritten_records', 'Records that have changed and are not on disk yet.', () => manager.unwrittenCount),
    gauge('waiting_triggers', 'Triggers that wait for their devices.', () => manager.triggerCount),
    counter('trigger_attempts', 'How often triggers were sent.', () => manager.attemptCount),
    {
      name: `${PREFIX}ended_triggers_total`,
      kind: 'counter',
      help: 'Triggers that are over, by how they ended.',
      labels: ['result'],
      samples: () => Object.entries(manager.results).map(([result, value]) => ({ labels: { result }, value })),
    },
    counter(
      'unreadable_notifications',
      'Notifications that say nothing that can be read.',
      () => manager.unreadableCount,
    ),
    counter('unobserved_devices', 'How often there was no room to observe a device.', () => manager.unobservedCount),
    {
      name: `${PREFIX}coap_messages_total`,
      kind: 'counter',
      help: 'Messages of CoAP, by what happened to them.',
      labels: ['kind'],
      samples: () => Object.entries(coap).map(([kind, value]) => ({ labels: { kind }, value })),
    },
  ];
}

function sampleOf({ deviceCount, version, ...texts }: ReturnType<Manager['stateCounts']>[number]): Sample {
  return { labels: { ...texts, version: String(version) }, value: deviceCount };
}
