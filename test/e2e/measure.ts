import { setTimeout as delay } from 'node:timers/promises';
import { vi } from 'vitest';
import type { Bed } from '../lab/bed.js';
import type { GroupCount } from '../lab/port.js';
import { until } from '../lab/until.js';

/** What a host sent in an interval whose length lies between two known bounds. */
export interface Measurement {
  /** Seconds between the two readings: at least `least`, at most `most`. */
  readonly seconds: { readonly least: number; readonly most: number };
  /** Packets and bytes of whole IPv6 packets by group. */
  readonly groups: ReadonlyMap<string, { readonly packets: number; readonly bytes: number }>;
}

/** Counts the packets that a host sends for `seconds` or a little more, on its port of the bridge. */
export async function measureSending(bed: Bed, host: string, seconds: number): Promise<Measurement> {
  const first = await reading(bed, host);
  await delay(seconds * 1000);
  const last = await reading(bed, host);
  const groups = last.counts.map(({ group, packets, bytes }) => {
    const then = first.counts.find((count) => count.group === group) ?? { packets: 0, bytes: 0 };
    return [group, { packets: packets - then.packets, bytes: bytes - then.bytes }] as const;
  });
  const least = (last.before - first.after) / 1000;
  return { seconds: { least, most: (last.after - first.before) / 1000 }, groups: new Map(groups) };
}

/**
 * Measures again until the assertion holds, a few times at most: when a busy machine disturbs a server's rate, this is not the
 * server's fault and passes.
 */
export function eventually(assertions: () => Promise<void>): Promise<void> {
  return vi.waitFor(assertions, { timeout: 30_000, interval: 100 });
}

/** Resolves when a host has sent this many more packets to a group than it has now. */
export async function sentMore(bed: Bed, host: string, group: string, packets: number): Promise<void> {
  const { packets: before } = await bed.port(host).received(group);
  await until(
    `${host} has sent ${packets} packets more to ${group}`,
    async () => (await bed.port(host).received(group)).packets >= before + packets,
  );
}

/** Counters at some moment between `before` and `after`. */
async function reading(bed: Bed, host: string) {
  const before = performance.now();
  const counts: readonly GroupCount[] = (await bed.port(host).counters()).fromHost;
  return { before, after: performance.now(), counts };
}
