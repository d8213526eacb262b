import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { errnoOf, type LayercastError } from '../../base/errors.js';
import type { Geometry } from '../../object/geometry.js';
import { Holdings, type PlaceSet } from '../../object/holdings.js';
import type { GuestRun } from '../../object/placements.js';
import { inChunks, replaceFile, writeFully } from '../durable.js';
import { systemError } from '../system-error.js';
import { Claims } from './claims.js';
import {
  frame,
  frameGuests,
  frameRecord,
  frameRuns,
  type JournalRecord,
  type Run,
  readFrames,
  recordOf,
} from './journal-format.js';
import { compareHeader, headerOf, type JournalIdentity, type StartedOver } from './journal-identity.js';

/** Records to add; they are written, and count, in this order. */
export interface JournalEntries {
  /** Places whose content, symbols of their own or guests, counts no more. */
  readonly dropped?: Iterable<Run>;
  /** Places whose guests count no more; symbols at their own places there stay. Written only where there are any. */
  readonly evicted?: Iterable<Run>;
  /** Symbols at their own places; a guest there is gone. */
  readonly durable?: Iterable<Run>;
  /** Guests, at places that hold no symbol of their own. */
  readonly guests?: Iterable<GuestRun>;
  /** Blocks; guests there are gone. */
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
 * **Append only what the disk has confirmed** (`PartFile.flush`): the journal is believed without looking.
 */
export class Journal {
  readonly path: string;
  readonly #claims: Claims;
  readonly #identity: JournalIdentity;
  readonly #requireHeld: () => Promise<void>;
  #handle: FileHandle | undefined;
  #lengthBytes = 0;
  #compactedBytes = 0;
  #last: Promise<void> = Promise.resolve();
  /** After a failed fdatasync the system may have forgotten what it could not write, so no later one can be believed. */
  #broken: LayercastError | undefined;

  private constructor(path: string, identity: JournalIdentity, requireHeld: () => Promise<void>) {
    this.path = path;
    this.#requireHeld = requireHeld;
    this.#identity = identity;
    this.#claims = new Claims(new Holdings(identity.geometry));
  }

  get geometry(): Geometry {
    return this.#identity.geometry;
  }

  /**
   * What the places of the object hold: at first what the journal claims, and from then on what the checkpoint notes. The
   * journal adds what it claims: symbols and guests that are on disk after all appends so far. While an append is under way,
   * that is what the file may claim before and after it: new records count, and so does what they take back.
   */
  get holdings(): Holdings {
    return this.#claims.holdings;
  }

  /** Blocks that matched their digests and have all their symbols on disk: live, so copy it to keep it. */
  get verifiedBlocks(): PlaceSet {
    return this.#claims.verifiedBlocks;
  }

  /**
   * Reads the journal if it is there and of this object, and writes it anew, compact, in one step. When `startedOver` is set
   * the journal is now empty and the part file must be emptied too; open the journal first, so that a crash in between
   * never leaves claims about bytes that are gone.
   *
   * @param requireHeld rejects when the caller has lost the lock on these files: then the journal is not written anew any more
   * @param partIsThere whether there is a part file of the object's length; without one nothing in the journal can be true
   * @throws {LayercastError} when the file cannot be read or written
   */
  static async open(
    path: string,
    identity: JournalIdentity,
    partIsThere: boolean,
    requireHeld: () => Promise<void> = async () => undefined,
  ): Promise<{ readonly journal: Journal; readonly startedOver: StartedOver | undefined }> {
    const journal = new Journal(path, identity, requireHeld);
    const startedOver = (await journal.#read()) ?? (partIsThere ? undefined : 'part-missing');
    if (startedOver !== undefined) journal.#claims.clear();
    journal.holdings.takeUp();
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
    const records = this.#recordsOf(entries);
    const bytes = Buffer.concat(records.flatMap((record) => [...frameRecord(record)]));
    if (bytes.length === 0) return;
    for (const record of records) this.#claims.include(record);
    const handle = this.#handle!;
    try {
      await writeFully(handle, bytes, this.#lengthBytes);
    } catch (error) {
      // Half a record may be there now: the next one takes its place.
      await handle.truncate(this.#lengthBytes).catch(() => {});
      throw systemError(error, 'write', this.path);
    }
    await this.#sync(handle);
    for (const record of records) this.#claims.apply(record);
    this.#lengthBytes += bytes.length;
    if (this.#lengthBytes > 2 * this.#compactedBytes + COMPACTION_SLACK_BYTES) await this.#compact();
  }

  #recordsOf(entries: JournalEntries): JournalRecord[] {
    const runsOf = (runs: Iterable<Run> = []) => [...runs].filter(([, count]) => count > 0);
    const evicted = runsOf(entries.evicted).filter(
      ([first, count]) => this.holdings.claimedGuests.missingIn(first, first + count) < count,
    );
    return [
      { kind: 'dropped', runs: runsOf(entries.dropped) },
      { kind: 'evicted', runs: evicted },
      { kind: 'durable', runs: runsOf(entries.durable) },
      { kind: 'guests', runs: [...(entries.guests ?? [])] },
      { kind: 'verified', runs: runsOf(entries.verified) },
    ];
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
    try {
      await this.#requireHeld();
    } catch (error) {
      this.#broken = systemError(error, 'write', this.path);
      return;
    }
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
    yield* frameRuns('durable', this.holdings.claimedOwn.runs());
    yield* frameGuests(this.holdings.guestRuns(this.holdings.claimedGuests));
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
    let isFirst = true;
    for await (const payload of frames) {
      if (isFirst) {
        const refused = compareHeader(payload, this.#identity);
        if (refused !== undefined) return refused;
        isFirst = false;
        continue;
      }
      const record = recordOf(payload, this.geometry);
      if (record === 'unknown') return 'incompatible';
      // Its checksum is right and its content is not: whoever wrote that, we believe what came before.
      if (record === undefined || !this.#claims.admits(record)) break;
      this.#claims.apply(record);
    }
    this.#claims.dropUnfounded();
    return isFirst ? 'damaged' : undefined;
  }
}
