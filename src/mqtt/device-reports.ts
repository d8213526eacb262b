import { createHash } from 'node:crypto';
import type { AgentStatus } from '../agent/agent-plan.js';
import type { AgentStateEvent } from '../agent/events.js';
import type { ObjectState } from '../agent/object-state.js';
import type { OutgoingMessage } from './broker-connection.js';
import type { DevicePlan } from './device-plan.js';
import { FleetTopics, level } from './topics.js';

/** The longest status. Brokers take 256 kB and more; a hundred objects have 50 kB. */
const MAX_STATUS_BYTES = 128_000;

/** What the topic `state` of a device says. */
export type DeviceState = 'online' | 'asleep' | 'stopped' | 'lost';

/** What a device tells at one time. */
export interface DeviceReport {
  readonly state: DeviceState;
  readonly status: Pick<AgentStatus, 'objects'>;
  /** The status for programs, as in the status file. */
  readonly document: object;
}

/** The messages that tell others of a device: its state and status, and what the other systems of its plan ask for. */
export function deviceReports(plan: DevicePlan, { state, status, document }: DeviceReport): readonly OutgoingMessage[] {
  const topics = new FleetTopics(plan.prefix, plan.fleet);
  const retained = (topic: string, payload: string) => ({ topic, payload, isRetained: true });
  const { homeAssistant, thingsBoard } = plan;
  return [
    retained(topics.device(plan.deviceId, 'state'), state),
    retained(topics.device(plan.deviceId, 'status'), statusText(document, status.objects)),
    ...(homeAssistant === undefined
      ? []
      : status.objects.flatMap((object) => [
          retained(`${homeAssistant}/update/${idOf(plan, object.object)}/config`, discoveryText(plan, topics, object)),
          retained(topics.update(plan.deviceId, object.object), updateText(object)),
        ])),
    ...status.objects.filter(({ object }) => object === thingsBoard).flatMap(telemetryOf),
  ];
}

/** Of a device with more objects than fit, the status has the first ones and says how many are missing. */
function statusText(document: object, objects: readonly AgentStateEvent[]): string {
  for (let count = objects.length; ; count = Math.floor(count / 2)) {
    const missing = objects.length - count;
    const text = JSON.stringify({
      ...document,
      objects: objects.slice(0, count),
      ...(missing === 0 ? {} : { missing }),
    });
    if (Buffer.byteLength(text) <= MAX_STATUS_BYTES || count === 0) return text;
  }
}

/** Home Assistant's discovery of an update entity (its page "MQTT Update"). */
function discoveryText(plan: DevicePlan, topics: FleetTopics, { object }: AgentStateEvent): string {
  const { fleet, deviceId, commands } = plan;
  return JSON.stringify({
    name: object,
    unique_id: idOf(plan, object),
    state_topic: topics.update(deviceId, object),
    availability_topic: topics.device(deviceId, 'state'),
    payload_available: 'online',
    payload_not_available: 'lost',
    ...(commands.includes('fetch')
      ? { command_topic: topics.device(deviceId, 'command'), payload_install: 'fetch' }
      : {}),
    device: { identifiers: [`layercast-${level(fleet)}-${level(deviceId)}`], name: deviceId },
    qos: 1,
  });
}

const IN_PROGRESS: readonly ObjectState[] = ['receiving', 'verified', 'applying'];

function updateText({ state, version, appliedVersion, object }: AgentStateEvent): string {
  return JSON.stringify({
    title: object,
    installed_version: appliedVersion === undefined ? null : `${appliedVersion}`,
    latest_version: `${version}`,
    in_progress: IN_PROGRESS.includes(state),
  });
}

/** Of the states of ThingsBoard's page "Over-the-air firmware and software updates", those that a device tells. */
const FW_STATES: Readonly<Partial<Record<ObjectState, string>>> = {
  receiving: 'DOWNLOADING',
  verified: 'VERIFIED',
  applying: 'UPDATING',
  applied: 'UPDATED',
  failed: 'FAILED',
};

function telemetryOf({ object, state, version, appliedVersion, message }: AgentStateEvent): readonly OutgoingMessage[] {
  const fwState = FW_STATES[state];
  if (fwState === undefined) return [];
  const fields = {
    current_fw_title: object,
    ...(appliedVersion === undefined ? {} : { current_fw_version: `${appliedVersion}` }),
    target_fw_title: object,
    target_fw_version: `${version}`,
    fw_state: fwState,
    ...(state === 'failed' && message !== undefined ? { fw_error: message } : {}),
  };
  return [{ topic: 'v1/devices/me/telemetry', payload: JSON.stringify(fields), isRetained: false }];
}

/** Home Assistant takes letters, digits, - and _ in these names. */
function idOf({ fleet, deviceId }: DevicePlan, object: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([fleet, deviceId, object]))
    .digest('hex');
  const readable = `${deviceId}_${object}`.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40);
  return `layercast_${readable}_${hash.slice(0, 8)}`;
}
