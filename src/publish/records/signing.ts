import { createPublicKey, type KeyObject } from 'node:crypto';
import { dateText } from '../../base/date-text.js';
import { LayercastError } from '../../base/errors.js';
import type { Fleet, FleetObject } from '../../fleet/fleet.js';
import { type Descriptor, packDescriptor } from '../../wire/descriptor.js';
import { openRecord } from '../../wire/signature.js';
import { announceIntervalOf } from '../announcement-plan.js';
import { type DescribedContent, describeContent } from './describe.js';
import { expiresSoon } from './expiry.js';
import { readRecord, type SignedDescriptor, signDescriptor } from './records.js';
import { type ServerPublicKeys, serverPublicKeys } from './server-keys.js';

/** Where a fleet's signatures come from: the key on this host, or records that were signed elsewhere. */
export interface Signing {
  readonly fleet: Fleet;
  /** Undefined: records are read from the fleet's `records` folder. */
  readonly key: KeyObject | undefined;
  /** Whether the servers hold `key`, and can so derive their own keys from it. @default true */
  readonly isKeyOnServers?: boolean;
}

/** The descriptor of one version of an object, as the fleet file and the digests of its file have it at `nowS` (Unix time). */
export function describeObject(
  fleet: Fleet,
  object: FleetObject,
  content: DescribedContent,
  publicKeys: ServerPublicKeys,
  nowS: number,
): Descriptor {
  return {
    ...describeContent(fleet, object, content, publicKeys, nowS),
    announceIntervalUs: announceIntervalOf(fleet),
  };
}

/**
 * Signs the descriptor of an object, or reads its record.
 *
 * @throws {LayercastError} `RECORD_INVALID`, `PERMISSION_DENIED`, `CONFIG_INVALID` for a fleet with neither key nor records
 */
export async function signedRecord(
  signing: Signing,
  object: FleetObject,
  content: DescribedContent,
  nowS: number,
): Promise<SignedDescriptor> {
  const { fleet, key } = signing;
  const descriptor = describeObject(fleet, object, content, keysOf(signing), nowS);
  if (key !== undefined) return signDescriptor(descriptor, key);
  if (fleet.recordsPath !== undefined) return readRecord(fleet.recordsPath, descriptor);
  throw new LayercastError(
    'CONFIG_INVALID',
    `fleet ${fleet.name} has neither a key nor records: receivers would trust nothing`,
    {
      hint: 'Add "key: FILE" (layercast keygen makes one), or "records: DIR" with what layercast sign made',
    },
  );
}

function keysOf({ fleet, key, isKeyOnServers = true }: Signing): ServerPublicKeys {
  return serverPublicKeys(fleet, isKeyOnServers ? key : undefined);
}

/**
 * How far a record's time may be ahead of the clock: each reload within one second adds a second. A record farther ahead means
 * that the clock was set back.
 */
const MAX_AHEAD_S = 60;

/**
 * The record that has to replace `sent` now; undefined while `sent` is valid. A record has to be replaced if another key signs
 * now, if the fleet file describes the same content differently, if the folder has another record, or if half of its life has
 * passed.
 *
 * @throws {LayercastError} as `signedRecord`
 */
export async function renewedRecord(
  signing: Signing,
  object: FleetObject,
  content: DescribedContent,
  sent: SignedDescriptor,
  nowS: number,
): Promise<SignedDescriptor | undefined> {
  const { fleet, key } = signing;
  if (key !== undefined) {
    const same = describeObject(fleet, object, content, keysOf(signing), sent.descriptor.createdS);
    const isSame = Buffer.compare(packDescriptor(same), packDescriptor(sent.descriptor)) === 0;
    const isOurs = openRecord(sent.record, createPublicKey(key)) !== undefined;
    if (isSame && isOurs && !isRenewalDue(sent.descriptor, nowS)) return undefined;
  }
  const next = await signedRecord(
    signing,
    object,
    content,
    key === undefined ? nowS : laterThan(sent.descriptor, nowS),
  );
  return Buffer.compare(next.record, sent.record) === 0 ? undefined : next;
}

/**
 * Whether half of a record's life has passed. The other half is for receivers that hear announcements seldom and for clocks that
 * differ. Also true if the clock was set back to before the signing: the record would be valid for too long.
 */
export function isRenewalDue({ createdS, expiresS }: Descriptor, nowS: number): boolean {
  if (expiresS === undefined) return false;
  return nowS < createdS - MAX_AHEAD_S || nowS >= createdS + (expiresS - createdS) / 2;
}

/** Receivers follow the record with the later time, in whole seconds. So two reloads within one second get different times. */
function laterThan({ createdS }: Descriptor, nowS: number): number {
  return createdS >= nowS && createdS - nowS < MAX_AHEAD_S ? createdS + 1 : nowS;
}

/** The warning about a record that this host cannot renew and that expires soon, or has expired; undefined before. */
export function expiryWarning({ object, createdS, expiresS }: Descriptor, nowS: number): string | undefined {
  if (expiresS === undefined || !expiresSoon(createdS, expiresS, nowS)) return undefined;
  const when = dateText(expiresS);
  return nowS >= expiresS
    ? `${object}: its record expired at ${when}; receivers refuse it`
    : `${object}: its record expires at ${when}; receivers will refuse it then`;
}
