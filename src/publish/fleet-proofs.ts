import type { AnnouncedTurns } from '../sender/announce/announcement-loop.js';
import type { Broadcast } from '../sender/broadcast.js';
import { isSignedByRole, keyRing } from '../trust/quorum.js';
import { type CatalogueEntry, descriptorDigest } from '../wire/catalogue.js';
import { recordDatagrams } from '../wire/fragments.js';
import { ANNOUNCEMENT_CHANNEL } from '../wire/header.js';
import { keyIdOf } from '../wire/public-key.js';
import { peekRecord } from '../wire/signature.js';
import { packSignedRecord, unpackSignedRecord } from '../wire/signed-record.js';
import type { FleetRoot } from './records/fleet-root.js';
import type { SignedDescriptor } from './records/records.js';
import { signCatalogue } from './records/sign-catalogue.js';
import type { Station } from './station.js';
import { rootExpiryWarning } from './warnings/root-warnings.js';
import type { Warnings } from './warnings/warnings.js';

/** Names beside those of objects, which hold no control characters. */
const ROOT = '\0root';
const EARLIER_ROOTS = '\0roots';
const CATALOGUE = '\0catalogue';

/** The most versions of a root that are announced: a receiver that slept through more of them needs a newer root file. */
const MAX_ANNOUNCED_ROOTS = 64;
/** Records whose signatures are counted in one turn of the event loop: 20 take some 5 ms. */
const MAX_CHECKS = 20;
/** As far ahead of the clock a catalogue may have been made before it is signed again: the clock was set back. */
const MAX_AHEAD_S = 60;

interface SignedCatalogue {
  readonly version: number;
  readonly createdS: number;
  readonly expiresS: number;
}

/**
 * Announces what proves to receivers that the objects on the air are genuine and the newest: the roots of the fleet, the newest in each round and
 * the earlier ones in turn, and a catalogue that this server signs again before it expires.
 */
export class FleetProofs {
  readonly #broadcast: Broadcast;
  readonly #warnings: Warnings;
  /** What is announced, as a text to compare. */
  #announced = '';
  #catalogue: SignedCatalogue | undefined;
  #work: Promise<void> = Promise.resolve();
  /** Records whose signatures have been counted for this root. */
  #counted = new WeakSet<Uint8Array>();
  #countedFor: FleetRoot | undefined;

  constructor(broadcast: Broadcast, warnings: Warnings) {
    this.#broadcast = broadcast;
    this.#warnings = warnings;
  }

  /** Resolves when what `update` was last told is announced. */
  get settled(): Promise<void> {
    return this.#work;
  }

  /** Announces the roots of this station and a catalogue of these objects, if that has changed or half of the catalogue's life has passed. */
  update(station: Station, objects: readonly SignedDescriptor[], nowS: number): void {
    const { root } = station;
    if (root !== undefined) this.#warn(root, objects, nowS);
    const text = root === undefined ? '' : textOf(station, root, objects);
    const isDue = this.#catalogue !== undefined && isSpent(this.#catalogue, nowS);
    if (text === this.#announced && !isDue) return;
    this.#announced = text;
    const records = root === undefined ? new Map() : this.#recordsOf(station, root, objects, nowS);
    // After `stop` nothing is announced any more.
    this.#work = this.#broadcast.announceBeside(records).catch(() => undefined);
  }

  #recordsOf(
    { fleet, server }: Station,
    { versions, announceKey }: FleetRoot,
    objects: readonly SignedDescriptor[],
    nowS: number,
  ): ReadonlyMap<string, AnnouncedTurns> {
    const cut = (record: Uint8Array) => recordDatagrams(record, server.index, ANNOUNCEMENT_CHANNEL);
    const roots = versions.slice(-MAX_ANNOUNCED_ROOTS).map(({ record }) => cut(packSignedRecord(record)));
    const records = new Map<string, AnnouncedTurns>([[ROOT, roots.slice(-1)]]);
    if (roots.length > 1) records.set(EARLIER_ROOTS, roots.slice(0, -1));
    const lastVersion = this.#catalogue?.version ?? 0;
    this.#catalogue = undefined;
    if (announceKey === undefined) return records;
    const version = Math.max(nowS, lastVersion + 1);
    const expiresS = nowS + Math.ceil(fleet.catalogueLifeUs / 1e6);
    const rootVersion = versions.at(-1)!.root.version;
    const head = { fleet: fleet.name, serverIndex: server.index, version, rootVersion, createdS: nowS, expiresS };
    records.set(CATALOGUE, [signCatalogue(head, objects.map(entryOf), announceKey).flatMap(cut)]);
    this.#catalogue = { version, createdS: nowS, expiresS };
    return records;
  }

  #warn(root: FleetRoot, objects: readonly SignedDescriptor[], nowS: number): void {
    const newest = root.versions.at(-1)!.root;
    const expiry = rootExpiryWarning(newest, nowS);
    if (expiry !== undefined) {
      this.#warnings.tell({ ...expiry, hint: 'Renew it with layercast root rotate, and reload (SIGHUP)' });
    }
    if (this.#countedFor !== root) this.#counted = new WeakSet();
    this.#countedFor = root;
    const waiting = objects.filter(({ record }) => !this.#counted.has(record)).slice(0, MAX_CHECKS);
    if (waiting.length === 0) return;
    const ring = keyRing(newest.keys);
    for (const { descriptor, record } of waiting) {
      this.#counted.add(record);
      if (isSignedByRole(unpackSignedRecord(record)!, newest.release, ring)) continue;
      const { threshold } = newest.release;
      const wanted = `version ${newest.version} of the root asks for ${threshold} of its release keys`;
      const message = `${descriptor.object}: its record lacks signatures, because ${wanted}; receivers refuse it`;
      this.#warnings.tell({ code: 'ROLE', message, hint: 'Have it signed with: layercast sign' });
    }
  }
}

function entryOf({ descriptor, record }: SignedDescriptor): CatalogueEntry {
  return { object: descriptor.object, version: descriptor.version, digest: descriptorDigest(peekRecord(record)!) };
}

function textOf(
  { fleet, server }: Station,
  { versions, announceKey }: FleetRoot,
  objects: readonly SignedDescriptor[],
): string {
  const newest = versions.at(-1)!;
  const key = announceKey === undefined ? '' : keyIdOf(announceKey);
  const digests = objects.map((object) => Buffer.from(entryOf(object).digest).toString('hex')).sort();
  const rootDigest = Buffer.from(descriptorDigest(packSignedRecord(newest.record))).toString('hex');
  return JSON.stringify([fleet.name, server.index, fleet.catalogueLifeUs, versions.length, rootDigest, key, digests]);
}

/** Whether half of a catalogue's life has passed, or the clock was set back so far that it would be valid for too long. */
function isSpent({ createdS, expiresS }: SignedCatalogue, nowS: number): boolean {
  return nowS < createdS - MAX_AHEAD_S || nowS >= createdS + (expiresS - createdS) / 2;
}
