import type { DeviceCommand } from './commands.js';

/** What a device says and hears over MQTT. */
export interface DevicePlan {
  /** The first words of all topics. */
  readonly prefix: string;
  readonly fleet: string;
  /** The name of the device; no other device of the broker has it. */
  readonly deviceId: string;
  /** Names or patterns of the objects whose releases are heard. */
  readonly objects: readonly string[];
  /** Commands that the device obeys. */
  readonly commands: readonly DeviceCommand[];
  /** Each release waits for a random time of at most this length. */
  readonly jitterUs: number;
  /** How long the broker keeps commands for a device that is away. */
  readonly sessionS: number;
  /** How long a device may be away before the broker tells others that it is lost: a connection that is made anew is no news. */
  readonly lostAfterS: number;
  /** Home Assistant's discovery prefix; undefined: nothing is told for it. */
  readonly homeAssistant: string | undefined;
  /** The object whose state is told as ThingsBoard's firmware; undefined: none. */
  readonly thingsBoard: string | undefined;
}
