import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { errnoOf, type LayercastError } from '../errors.js';
import { blockOf, blockSymbolCount, firstSymbolOf, type Geometry } from '../object/geometry.js';
import { SymbolSet } from '../object/symbol-set.js';
import { replaceFile, writeFully } from './durable.js';
import {
  FORMAT_VERSION,
  frame,
  frameRuns,
  HEADER_KIND,
  type Run,
  type RunKind,
  type RunRecord,
  readFrames,
  runRecordOf,
} from './journal-format.js';
import { systemError } from './system-error.js';

/** Whose progress it is. All of it must be the same, or the journal is of no use. */
export interface JournalIdentity {
  /** The object tag that its datagrams carry. */
  readonly tag: Uint8Array;
  readonly geometry: Geometry;
  readonly sha256: Uint8Array;
  readonly fleet: string;
  readonly object: string;
  readonly version: number;
}

/**
 * Why there is no progress to take up: no journal; one of another object or version; none of it can be read; a later version
 * of this program wrote it; or the part file that it speaks of is not there.
 */
export type StartedOver = 'absent' | 'other-object' | 'damaged' | 'incompatible' | 'part-missing';

/** Records to add; they are written, and count, in this order. */
export interface JournalEntries {
  readonly dropped?: Iterable<Run>;
  readonly durable?: Iterable<Run>;
  readonly verified?: Iterable<Run>;
}

/** The journal is written anew when it is longer than twice what it was then, and this. */
const COMPACTION_SLACK_BYTES = 1024 * 1024;
/** Records collected before a write while the journal is written anew. */
const REWRITE_CHUNK_BYTES = 256 * 1024;

/**
 * What of an object is safely on disk, so that a fetch goes on after a crash where it stopped. Append-only between rewrites;
 * a tail that is cut off or damaged costs only what it said.
 *
 * **Append only what the disk has confirmed** (`ByteSink.flush`): the journal is believed without looking.
 */
export class Journal {
  readonly path: string;
  /** Symbols on disk, after all appends so far: live, so copy it to keep it. */
  readonly symbols: SymbolSet;
  /** Blocks that matched their digests and have all their symbols on disk: live as well. */
  readonly verifiedBlocks: SymbolSet;
  readonly #identity: JournalIdentity;
  #handle: FileHandle | undefined;
  #lengthBytes = 0;
  #compactedBytes = 0;
  #last: Promise<void> = Promise.resolve();
  /** After a failed fdatasync the system may have forgotten what it could not write, so no later one can be believed. */
  #broken: LayercastError | undefined;

  private constructor(path: string, identity: JournalIdentity) {
    this.path = path;
    this.#identity = identity;
    this.symbols = new SymbolSet(identity.geometry.symbolCount);
    this.verifiedBlocks = new SymbolSet(identity.geometry.blockCount);
  }

  /**
   * Reads the journal if it is there and of this object, and writes it anew, compact, in one step. When `startedOver` is set
   * the journal is now empty and the part file must be emptied too; open the journal first, so that a crash in between
   * never leaves claims about bytes that are gone.
   *
   * @param partIsThere whether there is a part file of the object's length; without one nothing in the journal can be true
   * @throws {LayercastError} when the file cannot be read or written
   */
  static async open(
    path: string,
    identity: JournalIdentity,
    partIsThere: boolean,
  ): Promise<{ readonly journal: Journal; readonly startedOver: StartedOver | undefined }> {
    const journal = new Journal(path, identity);
    const startedOver = (await journal.#read()) ?? (partIsThere ? undefined : 'part-missing');
    if (startedOver !== undefined) {
      journal.symbols.clear();
      journal.verifiedBlocks.clear();
    }
    await journal.#rewrite();
    await journal.#reopen();
    return { journal, startedOver };
  }

  /**
   * Adds records; they are on disk when it resolves. Calls are carried out one after the other. After a failure the records
   * may be appended again.
   */
  append(entries: JournalEntries): Promise<void> {
    const done = this.#last.then(() => this.#append(entries));
    this.#last = done.catch(() => {});
    return done;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#handle?.close();
    this.#handle = undefined;
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  async #append(entries: JournalEntries): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const frames: Buffer[] = [];
    for (const kind of ['dropped', 'durable', 'verified'] as const) {
      const runs = [...(entries[kind] ?? [])].filter(([, count]) => count > 0);
      this.#apply({ kind, runs });
      frames.push(...frameRuns(kind, runs));
    }
    const bytes = Buffer.concat(frames);
    if (bytes.length === 0) return;
    const handle = this.#handle!;
    try {
      await writeFully(handle, bytes, this.#lengthBytes);
    } catch (error) {
      // Half a record may be there now: the next one takes its place.
      await handle.truncate(this.#lengthBytes).catch(() => {});
      throw systemError(error, 'write', this.path);
    }
    await this.#sync(handle);
    this.#lengthBytes += bytes.length;
    if (this.#lengthBytes > 2 * this.#compactedBytes + COMPACTION_SLACK_BYTES) await this.#compact();
  }

  async #sync(handle: FileHandle): Promise<void> {
    try {
      await handle.datasync();
    } catch (error) {
      this.#broken = systemError(error, 'sync', this.path);
      throw this.#broken;
    }
  }

  /** A failure leaves the longer journal or the new one; both say the same. Tried again when it has doubled. */
  async #compact(): Promise<void> {
    await this.#rewrite().catch(() => {});
    await this.#handle?.close();
    try {
      await this.#reopen();
    } catch (error) {
      this.#broken = systemError(error, 'open', this.path);
    }
  }

  #rewrite(): Promise<void> {
    return replaceFile(this.path, inChunks(this.#frames(), REWRITE_CHUNK_BYTES));
  }

  async #reopen(): Promise<void> {
    this.#handle = await open(this.path, constants.O_RDWR);
    this.#lengthBytes = (await this.#handle.stat()).size;
    this.#compactedBytes = this.#lengthBytes;
  }

  *#frames(): Generator<Buffer> {
    yield frame(headerOf(this.#identity));
    yield* frameRuns('durable', this.symbols.runs());
    yield* frameRuns('verified', this.verifiedBlocks.runs());
  }

  async #read(): Promise<StartedOver | undefined> {
    const handle = await open(this.path, constants.O_RDONLY).catch((error) => {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw systemError(error, 'read', this.path);
    });
    if (handle === undefined) return 'absent';
    try {
      return await this.#replay(readFrames(handle));
    } catch (error) {
      throw systemError(error, 'read', this.path);
    } finally {
      await handle.close();
    }
  }

  async #replay(frames: AsyncGenerator<readonly unknown[]>): Promise<StartedOver | undefined> {
    const { symbolCount, blockCount } = this.#identity.geometry;
    const limits: Record<RunKind, number> = { durable: symbolCount, dropped: symbolCount, verified: blockCount };
    let isFirst = true;
    for await (const payload of frames) {
      if (isFirst) {
        const refused = compareHeader(payload, this.#identity);
        if (refused !== undefined) return refused;
        isFirst = false;
        continue;
      }
      const record = runRecordOf(payload, limits);
      if (record === 'unknown') return 'incompatible';
      // Its checksum is right and its content is not: whoever wrote that, we believe what came before.
      if (record === undefined) break;
      this.#apply(record);
    }
    this.#dropUnfounded();
    return isFirst ? 'damaged' : undefined;
  }

  #apply({ kind, runs }: RunRecord): void {
    for (const [first, count] of runs) {
      if (kind === 'durable') this.symbols.addRun(first, count);
      else if (kind === 'verified') this.verifiedBlocks.addRun(first, count);
      else {
        this.symbols.removeRun(first, count);
        const block = blockOf(this.#identity.geometry, first);
        this.verifiedBlocks.removeRun(block, blockOf(this.#identity.geometry, first + count - 1) - block + 1);
      }
    }
  }

  /** A block without all its symbols is not verified, whatever a damaged journal makes it look like. */
  #dropUnfounded(): void {
    const { geometry } = this.#identity;
    let block = this.verifiedBlocks.nextPresent(0);
    for (; block < geometry.blockCount; block = this.verifiedBlocks.nextPresent(block + 1)) {
      const first = firstSymbolOf(geometry, block);
      const missing = this.symbols.missingIn(first, first + blockSymbolCount(geometry, block));
      if (missing > 0) this.verifiedBlocks.removeRun(block, 1);
    }
  }
}

function* inChunks(pieces: Iterable<Buffer>, chunkBytes: number): Generator<Buffer> {
  let chunk: Buffer[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    chunk.push(piece);
    bytes += piece.length;
    if (bytes < chunkBytes) continue;
    yield Buffer.concat(chunk);
    chunk = [];
    bytes = 0;
  }
  yield Buffer.concat(chunk);
}

function headerOf({ tag, geometry, sha256, fleet, object, version }: JournalIdentity): readonly unknown[] {
  const { sizeBytes, symbolBytes, blockCount } = geometry;
  const bytes = [tag, sha256].map((field) => Buffer.from(field));
  return [HEADER_KIND, FORMAT_VERSION, ...bytes, sizeBytes, symbolBytes, blockCount, fleet, object, version];
}

function compareHeader(payload: readonly unknown[], identity: JournalIdentity): StartedOver | undefined {
  const [kind, formatVersion] = payload;
  if (kind !== HEADER_KIND) return 'damaged';
  if (formatVersion !== FORMAT_VERSION) return 'incompatible';
  const expected = headerOf(identity);
  const isSame = expected.every((field, i) => {
    const found = payload[i];
    return field instanceof Uint8Array
      ? found instanceof Uint8Array && Buffer.compare(field, found) === 0
      : field === found;
  });
  return isSame && payload.length === expected.length ? undefined : 'other-object';
}
