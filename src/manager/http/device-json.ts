import { authorityOf } from '../../base/authority.js';
import type { DeviceState } from '../device-states.js';
import { endpointOf } from '../directory/registration.js';
import type { Manager } from '../manager.js';
import type { Trigger } from '../triggers/trigger.js';

/** A device as programs read it. */
export function deviceJson(manager: Manager, state: DeviceState): object {
  const { device, isRegistered, heardAtMs, status, radio, lastTrigger } = state;
  const registration = manager.registrationOf(device);
  const { ep, d } = endpointOf(device);
  return {
    device,
    endpoint: ep,
    sector: d,
    isRegistered,
    isReachable: manager.isReachable(device),
    address: registration && authorityOf(registration.peer.address, registration.peer.port),
    registeredUntil: registration && timeText(manager.endsAtMs(registration)),
    heardAt: timeText(heardAtMs),
    isAwake: radio?.isAwake,
    nextWakeAt: radio?.nextWakeAt ?? undefined,
    fleet: status?.value.fleet,
    objects: status?.value.objects ?? [],
    triggers: manager.triggersOf(device).map(triggerJson),
    lastTrigger: lastTrigger && {
      id: lastTrigger.id,
      result: lastTrigger.result,
      at: timeText(lastTrigger.atMs),
      message: lastTrigger.message,
    },
  };
}

/** A trigger that waits, as programs read it. */
export function triggerJson({ id, device, object, record, queuedAtMs, expiresAtMs, attemptCount }: Trigger): object {
  return {
    id,
    device,
    object,
    recordSha256: record,
    queuedAt: timeText(queuedAtMs),
    expiresAt: timeText(expiresAtMs),
    attempts: attemptCount,
  };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
