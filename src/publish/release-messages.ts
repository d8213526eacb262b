import type { KeyObject } from 'node:crypto';
import { MAX_SERVERS } from '../base/limits.js';
import { readKeyText } from '../config/read-text.js';
import type { Fleet } from '../fleet/fleet.js';
import type { OutgoingMessage } from '../mqtt/broker-connection.js';
import { FleetTopics } from '../mqtt/topics.js';
import { descriptorDigest } from '../wire/catalogue.js';
import { peekRecord, privateKeyFrom } from '../wire/signature.js';
import { packSignedRecord } from '../wire/signed-record.js';
import { Contents } from './contents/contents.js';
import { prepareObject } from './prepared-object.js';
import { type FleetRoot, readFleetRoot } from './records/fleet-root.js';
import type { SignedDescriptor } from './records/records.js';
import { signCatalogue } from './records/sign-catalogue.js';

/** Catalogues count for each server by itself, so that of the broker is one of a server that no fleet but one of 255 servers has. */
const CATALOGUE_OF = MAX_SERVERS - 1;

/** Roots that are told: as many as topics for proofs leave beside the parts of a catalogue. */
const MAX_ROOTS = 64;

export interface ReleaseOptions {
  /** The first words of all topics. */
  readonly prefix: string;
  readonly stateDir: string;
  /** Unix time. */
  readonly nowS: number;
  readonly signal: AbortSignal;
}

/** What a broker is told of a fleet. */
export interface ReleaseMessages {
  /** Roots and catalogue, which prove the releases; none in a fleet with one key. */
  readonly proofs: readonly OutgoingMessage[];
  readonly releases: readonly { readonly signed: SignedDescriptor; readonly message: OutgoingMessage }[];
}

/**
 * Signs the newest version of each object of a fleet, or takes its record, as a server would.
 *
 * @throws {LayercastError} as `prepareObject` and `readFleetRoot`
 */
export async function releaseMessages(fleet: Fleet, options: ReleaseOptions): Promise<ReleaseMessages> {
  const { prefix, nowS } = options;
  const { keyPath } = fleet;
  const key = keyPath === undefined ? undefined : privateKeyFrom(await readKeyText(keyPath), keyPath);
  const root = await readFleetRoot(fleet, [key]);
  const topics = new FleetTopics(prefix, fleet.name);
  const signed = await signedObjects(fleet, key, options);
  const proofs = root === undefined ? [] : proofsOf(fleet, root, signed, nowS);
  return {
    proofs: proofs.map((proof, index) => ({ topic: topics.proof(index), isRetained: true, ...proof })),
    releases: signed.map((one) => {
      const { object, expiresS } = one.descriptor;
      const message = { topic: topics.release(object), payload: one.record, isRetained: true };
      return { signed: one, message: { ...message, expiresS: left(expiresS, nowS) } };
    }),
  };
}

async function signedObjects(
  fleet: Fleet,
  key: KeyObject | undefined,
  { stateDir, nowS, signal }: ReleaseOptions,
): Promise<readonly SignedDescriptor[]> {
  const contents = new Contents(stateDir, Number.MAX_SAFE_INTEGER);
  const signed: SignedDescriptor[] = [];
  try {
    for (const object of fleet.objects) {
      const options = { contents, stateDir, key, nowS, signal, onHashing: () => undefined };
      const { source, deltaSource, descriptor, record } = await prepareObject(fleet, object, options);
      await source.close();
      await deltaSource?.close();
      signed.push({ descriptor, record });
    }
  } finally {
    await contents.close();
  }
  return signed;
}

function proofsOf(
  fleet: Fleet,
  { versions, announceKey }: FleetRoot,
  objects: readonly SignedDescriptor[],
  nowS: number,
): readonly Pick<OutgoingMessage, 'payload' | 'expiresS'>[] {
  const roots = versions.slice(-MAX_ROOTS).map(({ record }) => ({ payload: packSignedRecord(record) }));
  if (announceKey === undefined) return roots;
  const expiresS = nowS + Math.ceil(fleet.catalogueLifeUs / 1e6);
  const rootVersion = versions.at(-1)!.root.version;
  const head = { fleet: fleet.name, serverIndex: CATALOGUE_OF, version: nowS, rootVersion, createdS: nowS, expiresS };
  const entries = objects.map(({ descriptor: { object, version }, record }) => ({
    object,
    version,
    digest: descriptorDigest(peekRecord(record)!),
  }));
  const parts = signCatalogue(head, entries, announceKey);
  return [...roots, ...parts.map((payload) => ({ payload, expiresS: left(expiresS, nowS) }))];
}

/** How long a message is of use; a broker takes a whole number of at least one second. */
function left(expiresS: number | undefined, nowS: number): number | undefined {
  return expiresS === undefined ? undefined : Math.max(1, expiresS - nowS);
}
