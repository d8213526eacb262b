import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { errnoOf, type LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import type { Geometry } from '../../object/geometry.js';
import { Holdings, type PlaceSet } from '../../object/holdings.js';
import type { GuestRun } from '../../object/placements.js';
import { inChunks, replaceFile, writeFully } from '../durable.js';
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

/** Records to add to the journal. They are written and applied in this order. */
export interface JournalEntries {
  /** Places whose symbols, own or guests, no longer count. */
  readonly dropped?: Iterable<Run>;
  /** Places whose guests no longer count; own symbols there stay. Only runs with claimed guests are written. */
  readonly evicted?: Iterable<Run>;
  /** Places that hold their own symbols; they hold no guests any more. */
  readonly durable?: Iterable<Run>;
  /** Guests, at places that do not hold their own symbols. */
  readonly guests?: Iterable<GuestRun>;
  /** Verified blocks; their places hold no guests any more. */
  readonly verified?: Iterable<Run>;
}

/** The journal is rewritten when it is longer than twice its length after the last rewrite plus this. */
const COMPACTION_SLACK_BYTES = 1024 * 1024;
/** While the journal is rewritten, records are collected to this length before they are written. */
const REWRITE_CHUNK_BYTES = 256 * 1024;

/**
 * The record of which symbols and blocks of an object are on disk, so that a fetch continues after a crash where it stopped.
 * The file only grows between rewrites. If its end is cut off or damaged, only the records there are lost.
 *
 * **Append only what the disk has confirmed** (`PartFile.flush`): the next run believes the journal without checking the bytes.
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
  /** After a failed fdatasync, the system may have forgotten bytes that it could not write, so a later success proves nothing. */
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
   * record also has the journal's claims: symbols and guests that are on disk after all appends so far. While an append is
   * under way, the claims before it and the claims that it adds all count, since a crash may leave either.
   */
  get holdings(): Holdings {
    return this.#claims.holdings;
  }

  /** Blocks that matched their digests and have all their symbols on disk. The set changes with each append; copy it to keep it. */
  get verifiedBlocks(): PlaceSet {
    return this.#claims.verifiedBlocks;
  }

  /**
   * Reads the journal if there is one of this object, and rewrites it compactly in one step. If `startedOver` is set, the
   * journal is now empty and the caller must empty the part file too. The journal is opened first, so that a crash in between
   * never leaves claims about bytes that are gone.
   *
   * @param requireHeld rejects when the caller has lost the lock on these files; the journal is then not rewritten any more
   * @param partIsThere whether there is a part file of the object's length; without it no claim of the journal can be true
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
   * Adds records; they are on disk when the promise resolves. Calls are carried out one after the other. After a failure the
   * caller may append the same records again.
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
      // Half a record may have been written: cut it off, since the next append is written over it.
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

  /** Rewrites the journal. A failure leaves the longer file or the new one, with the same claims; a later append tries again. */
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
      // The record's checksum is right and its content is not, so only the records before it are believed.
      if (record === undefined || !this.#claims.admits(record)) break;
      this.#claims.apply(record);
    }
    this.#claims.dropUnfounded();
    return isFirst ? 'damaged' : undefined;
  }
}
