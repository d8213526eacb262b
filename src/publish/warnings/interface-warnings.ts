import { readFile } from 'node:fs/promises';
import { PACKET_OVERHEAD_BYTES } from '../../base/limits.js';
import { rateText } from '../../base/units.js';
import type { Path } from '../../config/yaml-source.js';
import type { Fleet, FleetServer } from '../../fleet/fleet.js';
import { sendingsOf } from '../../fleet/sendings.js';
import type { ConfigWarning } from '../../fleet/warnings.js';
import { mtuOf, usableInterfaces } from '../../net/interfaces/interfaces.js';

/**
 * Warnings about interfaces that a fleet file names and that are missing or too slow, or whose MTU is too small.
 *
 * @param server the server that this host is; undefined: every name in the file is looked up, and one warning lists the missing
 * ones
 */
export async function interfaceWarnings(fleet: Fleet, server: FleetServer | undefined): Promise<ConfigWarning[]> {
  const usable = usableInterfaces().map(({ name }) => name);
  const named = namesIn(fleet, server);
  const missing = named.filter(({ name }) => !usable.includes(name));
  const names = missing.map(({ name }) => name).join(', ');
  const warnings: ConfigWarning[] = [];
  if (missing[0] !== undefined) {
    const message = `no usable interface ${names} on this host: missing, down or without an IPv6 address`;
    warnings.push({ code: 'INTERFACE', path: missing[0].path, message });
  }
  // Without a named interface, only a host that is one of the servers is warned about what it sends.
  const name = named.length === 0 ? usable[0] : named.find((one) => usable.includes(one.name))?.name;
  if (name === undefined || (server === undefined && named.length === 0)) return warnings;
  return [...warnings, ...mtuWarning(fleet, name), ...(await rateWarning(fleet, server, name))];
}

/** The interface names in the file that concern this host, each once, with the path of the setting. */
function namesIn(fleet: Fleet, server: FleetServer | undefined): readonly { name: string; path: Path }[] {
  const own = (server === undefined ? fleet.servers : [server]).flatMap(({ name, interface: device }) =>
    device === undefined ? [] : [{ name: device, path: ['servers', name, 'interface'] }],
  );
  const whole = fleet.interface === undefined ? [] : [{ name: fleet.interface, path: ['interface'] }];
  const all = server === undefined ? [...whole, ...own] : own.length > 0 ? own : whole;
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
}

/** Multicast has no path MTU discovery: the system refuses larger packets or fragments them. */
function mtuWarning({ symbolBytes }: Fleet, name: string): ConfigWarning[] {
  const mtuBytes = mtuOf(name);
  const packetBytes = symbolBytes + PACKET_OVERHEAD_BYTES;
  if (mtuBytes === undefined || mtuBytes >= packetBytes) return [];
  const message = `packets have ${packetBytes} bytes, and interface ${name} on this host carries ${mtuBytes}; use at most symbolBytes: ${mtuBytes - PACKET_OVERHEAD_BYTES}`;
  return [{ code: 'MTU', path: ['symbolBytes'], message }];
}

async function rateWarning(fleet: Fleet, server: FleetServer | undefined, name: string): Promise<ConfigWarning[]> {
  const speed = await speedOf(name);
  if (server === undefined || speed === undefined) return [];
  const rate = sendingsOf(fleet, server).reduce((sum, { channel }) => sum + channel.rateBitsPerSecond, 0);
  if (rate <= speed) return [];
  const [sent, carried] = [rate, speed].map((value) => rateText(value));
  const message = `${server.name} sends ${sent} in all, and interface ${name} on this host carries ${carried}`;
  return [{ code: 'RATE', path: ['objects'], message }];
}

/** Speed of an interface, bit/s; undefined if the system does not know it, as for virtual interfaces. */
async function speedOf(name: string): Promise<number | undefined> {
  const text = await readFile(`/sys/class/net/${name}/speed`, 'utf8').catch(() => '');
  const megabits = Number(text);
  return megabits > 0 ? megabits * 1e6 : undefined;
}
