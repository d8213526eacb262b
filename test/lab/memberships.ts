/** One line of the bridge's table of listeners. */
export interface Member {
  readonly host: string;
  readonly group: string;
  /** The one source that is heard; undefined for any source. */
  readonly source: string | undefined;
  /** Any source is heard but these (the exclude mode of RFC 3810, section 2). */
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
 * Reads `bridge -j -d mdb show`. A source-specific join stands there as an entry of its group that includes a list of
 * sources, beside one entry for each source: only the latter let anything through, so only they are listeners. What a bridge itself
 * listens to, and what is heard from beyond a site's uplink, is left out.
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
