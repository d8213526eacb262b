import type { Descriptor } from '../../wire/descriptor.js';

/** Which objects a watch looks for. */
export interface WantedObjects {
  /** The fleet of the wanted objects; undefined for objects of any fleet. */
  readonly fleet: string | undefined;
  /** The wanted object; undefined for all objects of the fleet. */
  readonly object: string | undefined;
  /** The classes of devices that this host belongs to; undefined: objects for any device are found. */
  readonly compatible?: readonly string[] | undefined;
}

/** Whether a record is of the wanted fleet. */
export function isOfFleet(wanted: WantedObjects, { fleet }: { readonly fleet: string }): boolean {
  return fleet === (wanted.fleet ?? fleet);
}

/** Whether a descriptor names the wanted object. */
export function isWanted(wanted: WantedObjects, { object }: Descriptor): boolean {
  return object === (wanted.object ?? object);
}

/** Whether a version is for devices like this one. */
export function isForThisDevice({ compatible: ours }: WantedObjects, { compatible }: Descriptor): boolean {
  return compatible === undefined || ours === undefined || compatible.some((one) => ours.includes(one));
}
