import type { DeviceChange, DeviceState } from './device-states.js';
import { statusTextOf } from './device-status.js';
import type { KeptRegistration } from './directory/directory.js';
import { MAX_LIFETIME_S, type Registration } from './directory/registration.js';
import type { Trigger } from './triggers/trigger.js';

/** What is kept of a device over restarts. */
export interface KeptDevice {
  readonly registration: KeptRegistration | undefined;
  readonly state: DeviceChange;
}

/** @param endsAtMs when the registration ends, by this host's clock */
export function packDevice(state: DeviceState, registration: Registration | undefined, endsAtMs: number): string {
  const { heardAtMs, status, radio, lastTrigger } = state;
  const kept = registration && {
    id: registration.id,
    address: registration.peer.address,
    port: registration.peer.port,
    lifetimeS: registration.lifetimeS,
    endsAtMs: Math.round(endsAtMs),
    links: registration.links.text,
    attributes: registration.attributes,
  };
  return JSON.stringify({ registration: kept, heardAtMs, status: status?.text, radio, lastTrigger });
}

/** Undefined for what is damaged. */
export function unpackDevice(device: string, text: string): KeptDevice | undefined {
  try {
    const { registration, heardAtMs, status, radio, lastTrigger } = JSON.parse(text);
    if (!Number.isFinite(heardAtMs)) return undefined;
    const statusText = status === undefined ? undefined : statusTextOf(Buffer.from(status));
    const state = { isRegistered: false, heardAtMs, statusText, radio, lastTrigger };
    return { registration: registration && registrationOf(device, registration), state };
  } catch {
    return undefined;
  }
}

export function packTrigger({ id: _, ...trigger }: Trigger): string {
  return JSON.stringify(trigger);
}

/** Undefined for what is damaged. */
export function unpackTrigger(id: string, text: string): Trigger | undefined {
  try {
    const { device, object, record, queuedAtMs, expiresAtMs, attemptCount } = JSON.parse(text);
    const areNumbers = [queuedAtMs, expiresAtMs, attemptCount].every(Number.isFinite);
    if (typeof device !== 'string' || !areNumbers) return undefined;
    return { id, device, object, record, queuedAtMs, expiresAtMs, attemptCount };
  } catch {
    return undefined;
  }
}

function registrationOf(device: string, said: Readonly<Record<string, unknown>>): KeptRegistration | undefined {
  const { id, address, port, lifetimeS, endsAtMs, links, attributes } = said;
  if (![id, address, links].every((one) => typeof one === 'string')) return undefined;
  if (![port, lifetimeS, endsAtMs].every(Number.isFinite) || (lifetimeS as number) > MAX_LIFETIME_S) return undefined;
  return {
    device,
    id: id as string,
    peer: { address: address as string, port: port as number },
    lifetimeS: lifetimeS as number,
    endsAtMs: endsAtMs as number,
    linksText: links as string,
    attributes: (attributes ?? {}) as Readonly<Record<string, string>>,
  };
}
