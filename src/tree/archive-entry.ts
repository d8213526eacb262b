import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { type TreeEntry, wrongEntry } from './tree-entry.js';

/** Everything in a tar archive begins at a multiple of this. */
const RECORD_BYTES = 512;
/** Two records of zeros end an archive (POSIX.1-2017, pax). */
export const END_BYTES = 2 * RECORD_BYTES;
/** From this length on, a ustar header would split a path in two. */
const MAX_USTAR_NAME_BYTES = 100;
/** A pax header has a path, a target and a size at most, and is refused if it is longer. */
const MAX_PAX_BYTES = 32 * 1024;

/** What a header says of an entry, and how long the header is. */
export interface DecodedHeader {
  readonly entry: TreeEntry;
  readonly headerBytes: number;
}

/**
 * The header of an entry in an archive (POSIX ustar; a pax header before it where ustar has no room). The same entry gives the same bytes
 * everywhere: owner, group, and times of folders and links are left out.
 */
export function encodeHeader({ path, kind, mode, sizeBytes, changedS, target }: TreeEntry): Buffer {
  const fields = {
    path: kind === 'folder' ? `${path}/` : path,
    type: TYPES[kind],
    mode,
    uid: 0,
    gid: 0,
    size: sizeBytes,
    mtime: new Date(changedS * 1000),
    linkpath: target,
    uname: '',
    gname: '',
  };
  const block = Buffer.alloc(RECORD_BYTES);
  if (!new Header(fields).encode(block) && Buffer.byteLength(fields.path) < MAX_USTAR_NAME_BYTES) return block;
  // The pax header has the path and the target. A short path in the ustar header keeps its prefix field empty, which is read in addition.
  new Header({ ...fields, path: kind === 'folder' ? 'PaxEntry/' : 'PaxEntry', linkpath: '' }).encode(block.fill(0));
  const pax = new Pax({ path: fields.path, ...(target === '' ? {} : { linkpath: target }), size: sizeBytes });
  return Buffer.concat([pax.encode(), block]);
}

/**
 * Reads a header that `encodeHeader` wrote. The input may be anything. An entry of another kind, an attribute or a spelling that
 * `encodeHeader` would not write is refused, so nothing in an archive escapes this check.
 *
 * @param read the `length` bytes from byte `offset` of the header on
 * @throws {LayercastError} `TREE_INVALID`; and what `read` throws
 */
export async function decodeHeader(read: (offset: number, length: number) => Promise<Buffer>): Promise<DecodedHeader> {
  const blocks = [Buffer.from(await read(0, RECORD_BYTES))];
  let header = decode(blocks[0]!);
  let pax: Pax | undefined;
  if (header.type === 'ExtendedHeader') {
    const paxBytes = header.size ?? 0;
    if (paxBytes === 0 || paxBytes > MAX_PAX_BYTES)
      throw wrongEntry(header.path ?? '', `its pax header has ${paxBytes} bytes`);
    const body = Buffer.from(await read(RECORD_BYTES, padded(paxBytes)));
    const block = Buffer.from(await read(RECORD_BYTES + body.length, RECORD_BYTES));
    blocks.push(body, block);
    pax = Pax.parse(body.subarray(0, paxBytes).toString());
    header = decode(block, pax);
  }
  const kind = KINDS.get(header.type);
  const { path = '', mode = 0, size = 0, mtime } = header;
  // The class takes all fields from the pax header but this one.
  const target = pax?.linkpath ?? header.linkpath ?? '';
  if (kind === undefined) throw wrongEntry(path, `its kind is ${header.type}`);
  const entry: TreeEntry = {
    path: kind === 'folder' ? path.replace(/\/$/, '') : path,
    kind,
    mode,
    sizeBytes: size,
    changedS: (mtime?.getTime() ?? 0) / 1000,
    target: kind === 'link' ? target : '',
  };
  const found = Buffer.concat(blocks);
  if (!found.equals(encodeHeader(entry))) throw wrongEntry(path, 'its header is not written as layercast writes it');
  return { entry, headerBytes: found.length };
}

/** The length of a content with the zeros after it. */
export function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / RECORD_BYTES) * RECORD_BYTES;
}

const TYPES = { file: 'File', folder: 'Directory', link: 'SymbolicLink' } as const;
const KINDS = new Map<string, TreeEntry['kind']>([
  ['File', 'file'],
  ['Directory', 'folder'],
  ['SymbolicLink', 'link'],
]);

function decode(block: Buffer, pax?: Pax): Header {
  try {
    const header = new Header(block, 0, pax);
    if (header.cksumValid) return header;
  } catch {
    // A number that is none.
  }
  throw wrongEntry('', 'a header of the archive is damaged');
}
