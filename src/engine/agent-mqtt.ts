import { hostname } from 'node:os';
import type { Agent } from '../agent/agent.js';
import type { DeviceCommand } from '../mqtt/commands.js';
import type { DevicePlan } from '../mqtt/device-plan.js';
import type { CheckedMqttChoice } from '../options/mqtt-options.js';

/** What an agent says and hears at its broker, by its options. @param objects names or patterns that it subscribes to */
export function devicePlan(mqtt: CheckedMqttChoice, fleet: string, objects: readonly string[]): DevicePlan {
  const { device = hostname(), prefix, commands, jitterMs, sessionMs, lostAfterMs, homeAssistant, thingsBoard } = mqtt;
  return {
    prefix,
    fleet,
    deviceId: device,
    objects,
    commands,
    jitterUs: jitterMs * 1000,
    sessionS: Math.round(sessionMs / 1000),
    lostAfterS: Math.round(lostAfterMs / 1000),
    homeAssistant,
    thingsBoard,
  };
}

/** Does what a device was told. */
export function obey(agent: Agent, command: Exclude<DeviceCommand, 'report'>): void {
  if (command === 'fetch') agent.fetchNow();
  else if (command === 'pause') agent.pause();
  else agent.resume();
}
