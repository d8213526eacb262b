import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asLayercastError } from '../base/errors.js';
import type { WarningEvent } from '../receiver/events.js';
import type { TrustSource } from '../receiver/watch/fleet-trusts.js';
import { replaceFile } from '../store/durable.js';
import { makeFolder } from '../store/folder/make-folder.js';
import { statePart } from '../store/state-parts.js';
import { type Anchor, anchorOfRoot, type RetiredKey } from '../trust/anchor.js';
import type { Times } from '../trust/known-time.js';
import type { Trust } from '../trust/trust.js';
import { originAfter } from '../wire/root.js';
import { packSignedRecord, unpackSignedRecord } from '../wire/signed-record.js';

/**
 * What receivers of a fleet on this host learned of its roots and of the time. So a stranger who keeps a newer root away from a later run does not
 * bring back the keys that this root removed. The file is trusted as everything in the state directory.
 */
export class TrustMemory {
  readonly #fleet: string;
  readonly #anchor: Anchor;
  readonly #folder: string;
  readonly #path: string;
  /** One after the other, so that the newest is what stays. */
  #saving: Promise<void> = Promise.resolve();

  constructor(stateDir: string, fleet: string, anchor: Anchor) {
    this.#fleet = fleet;
    this.#anchor = anchor;
    this.#folder = statePart(stateDir, 'trust');
    // The fleet's name comes from people, and may be longer than names of files.
    const name = createHash('sha256')
      .update(JSON.stringify([fleet, anchor.id]))
      .digest('hex');
    this.#path = join(this.#folder, `${name}.json`);
  }

  /** The newest root that an earlier run knew, or what the receiver's owner gave if that is newer. A file that is damaged counts for nothing. */
  async recall(): Promise<TrustSource> {
    const known = await this.#known();
    const kept = known?.anchor;
    const isNewer = kept !== undefined && kept.root.version > this.#anchor.root.version && this.#isOfFleet(kept);
    const anchor = isNewer ? { ...kept, id: this.#anchor.id } : this.#anchor;
    const times = known && timesUnder(anchor.root.version, known);
    return { anchorOf: (fleet) => (fleet === this.#fleet ? anchor : undefined), times };
  }

  /**
   * Keeps what a run has learned until now. A fleet with one key has nothing to be kept.
   * @throws {LayercastError} `PERMISSION_DENIED`, `DISK_FULL`, …
   */
  async remember(trust: Trust): Promise<void> {
    const before = this.#saving.catch(() => undefined);
    this.#saving = before.then(() => this.#save(trust));
    await this.#saving;
  }

  async #save({ root, rootRecord, retired, times }: Trust): Promise<void> {
    if (root.version === 0) return;
    const known = await this.#known();
    // Another process of this host has learned of a newer root meanwhile.
    if (known !== undefined && known.version > root.version) return;
    const record = rootRecord === undefined ? undefined : Buffer.from(packSignedRecord(rootRecord)).toString('base64');
    const text = JSON.stringify({
      fleet: this.#fleet,
      version: root.version,
      // While the anchor is the newest, an earlier file may hold the same root.
      root: record ?? known?.record,
      retired: retired.map((key) => ({ ...key, raw: Buffer.from(key.raw).toString('base64') })),
      times: known?.version === root.version ? laterOf(times, known.times) : times,
    } satisfies MemoryText & { readonly fleet: string });
    await makeFolder(this.#folder, 0o700);
    await replaceFile(this.#path, [Buffer.from(`${text}\n`)]);
  }

  /**
   * Keeps what a run learned, if anything. A failure is a warning: without what a run learned, the next one follows the roots anew.
   * @param trust undefined if nothing of the fleet was heard
   */
  async rememberOrWarn(trust: Trust | undefined, warn: (event: WarningEvent) => void): Promise<void> {
    if (trust === undefined) return;
    try {
      await this.remember(trust);
    } catch (error) {
      const message = `the newest root could not be remembered: ${asLayercastError(error).message}`;
      warn({ code: 'NOT_REMEMBERED', message });
    }
  }

  async #known(): Promise<Remembered | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : read(text);
  }

  #isOfFleet({ root, body }: Anchor): boolean {
    const { root: given, id } = this.#anchor;
    return root.fleet === this.#fleet && (given.version === 0 || originAfter(root, body) === id);
  }
}

interface Remembered {
  /** The version of the newest root, which said whose records tell the time. */
  readonly version: number;
  /** Undefined while the root that the owner gave was the newest. */
  readonly anchor: Anchor | undefined;
  readonly record: string | undefined;
  readonly times: Times;
}

interface MemoryText {
  readonly version: number;
  readonly root?: string | undefined;
  readonly retired: readonly (Omit<RetiredKey, 'raw'> & { readonly raw: string })[];
  readonly times: Times;
}

function read(text: string): Remembered | undefined {
  try {
    const { version, root, retired, times } = JSON.parse(text) as MemoryText;
    if (![version, times.root, times.release, times.announce].every(Number.isSafeInteger)) return undefined;
    const record = root === undefined ? undefined : unpackSignedRecord(Buffer.from(root, 'base64'));
    const anchor = record === undefined ? undefined : anchorOfRoot(record);
    const keys = retired.map((key) => ({ ...key, raw: Buffer.from(key.raw, 'base64') }));
    return { version, anchor: anchor && { ...anchor, retired: keys }, record: root, times };
  } catch {
    // Damaged by hand or by a disk: what was learned is learned again.
    return undefined;
  }
}

/**
 * What is known of the time under a version of the root. If it is not the one under which that was learned, only roots count: a stranger may have
 * had a key that the owner's newer root has removed, and have named a time far ahead.
 */
function timesUnder(version: number, known: Remembered): Times {
  return known.version === version ? known.times : { root: known.times.root, release: 0, announce: 0 };
}

function laterOf(one: Times, other: Times): Times {
  return {
    root: Math.max(one.root, other.root),
    release: Math.max(one.release, other.release),
    announce: Math.max(one.announce, other.announce),
  };
}
