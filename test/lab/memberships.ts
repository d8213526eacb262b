/** One line of the bridge's table of listeners. */
export interface Member {
  readonly host: string;
  readonly group: string;
  /** The source that the listener hears; undefined for any source. */
  readonly source: string | undefined;
  /** Sources that the listener does not hear (the exclude mode of RFC 3810, section 2). */
  readonly excluded: readonly string[];
}

interface Entry {
  readonly dev: string;
  readonly port: string;
  readonly grp: string;
  readonly src?: string;
  readonly filter_mode?: string;
  readonly source_list?: readonly { readonly address: string }[];
}

/**
 * Reads `bridge -j -d mdb show`. A source-specific join has one entry of its group with a list of sources, and one entry for each
 * source. Only the latter let datagrams through, so only they count as listeners. Groups that a bridge itself listens to, and
 * listeners beyond a site's uplink, are left out.
 */
export function parseMemberships(json: string): Member[] {
  const tables = JSON.parse(json) as readonly { readonly mdb?: readonly Entry[] }[];
  return tables
    .flatMap(({ mdb }) => mdb ?? [])
    .filter(({ dev, port }) => port !== dev && !port.startsWith('u-'))
    .filter(({ src, filter_mode }) => src !== undefined || filter_mode !== 'include')
    .map(({ port, grp, src, filter_mode, source_list }) => ({
      host: port,
      group: grp,
      source: src,
      excluded: filter_mode === 'exclude' ? (source_list ?? []).map(({ address }) => address) : [],
    }));
}
