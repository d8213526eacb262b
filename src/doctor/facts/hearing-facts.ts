import { readFile } from 'node:fs/promises';
import type { Fleet } from '../../fleet/fleet.js';
import type { HearingFacts } from '../host-facts.js';

/** Number of CAP_NET_RAW (capabilities(7)). */
const NET_RAW = 13n;

/** Whether this process may hear reports of listeners; undefined for a fleet that sends nothing by them. */
export async function hearingFacts(fleet: Fleet | undefined): Promise<HearingFacts | undefined> {
  const triggers = (fleet?.objects ?? []).flatMap(({ channels, iotupd }) => [...channels, ...(iotupd ? [iotupd] : [])]);
  if (!triggers.some(({ trigger }) => trigger !== undefined)) return undefined;
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  return { mayHear: mayOpenRaw(status) };
}

/** Whether the effective capabilities in a text of /proc/PID/status have CAP_NET_RAW; undefined where the text has none. */
export function mayOpenRaw(status: string): boolean | undefined {
  const digits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return digits === undefined ? undefined : ((BigInt(`0x${digits}`) >> NET_RAW) & 1n) === 1n;
}
