import { readFile } from 'node:fs/promises';

/** ICMPv6 messages that an interface has received and sent since it came up, by type (RFC 2710, RFC 3810). */
export interface MldCounts {
  readonly queryCount: number;
  readonly v1ReportCount: number;
  readonly v2ReportCount: number;
}

/** Linux only, without privileges; undefined elsewhere. */
export async function mldCounts(name: string): Promise<MldCounts | undefined> {
  const text = await readFile(`/proc/self/net/dev_snmp6/${name}`, 'latin1').catch(() => undefined);
  return text === undefined ? undefined : mldCountsIn(text);
}

/** The kernel leaves out types of which it has seen none. */
export function mldCountsIn(text: string): MldCounts {
  const count = (field: string) => Number(new RegExp(`^${field}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    queryCount: count('Icmp6InType130'),
    v1ReportCount: count('Icmp6OutType131'),
    v2ReportCount: count('Icmp6OutType143'),
  };
}
