import type { SignedRelease } from '../../dist/trust/trust.js';
import { type Catalogue, descriptorDigest, packCatalogue } from '../../dist/wire/catalogue.js';
import { originAfter, packRoot, type Root } from '../../dist/wire/root.js';
import { RecordKind } from '../../dist/wire/signature.js';
import { type SignedRecord, signBody, withSignature } from '../../dist/wire/signed-record.js';
import { testKey } from '../wire/trust-samples.js';

export function signedBy(kind: RecordKind, body: Uint8Array, numbers: readonly number[]): SignedRecord {
  const bare: SignedRecord = { kind, signatures: [], body };
  return numbers.reduce((all, number) => withSignature(all, signBody(kind, body, testKey(number).privateKey)), bare);
}

/** The record of a root, signed by these keys. */
export function rootRecord(root: Root, ...numbers: readonly number[]): SignedRecord {
  return signedBy(RecordKind.root, packRoot(root), numbers);
}

/** The root after another one, with the same members unless they are changed. */
export function rootAfter(before: Root, changes: Partial<Root> = {}): Root {
  return { ...before, version: before.version + 1, origin: originAfter(before, packRoot(before)), ...changes };
}

export function catalogueRecord(catalogue: Catalogue, ...numbers: readonly number[]): SignedRecord {
  return signedBy(RecordKind.catalogue, packCatalogue(catalogue), numbers);
}

/** A descriptor of `firmware`: its digest follows from the version and `variant`. */
export function releaseOf(
  version: number,
  numbers: readonly number[],
  rest: Partial<SignedRelease> & { readonly variant?: string } = {},
) {
  const { variant = '', ...changes } = rest;
  const release: SignedRelease = {
    object: 'firmware',
    version,
    createdS: 1000,
    expiresS: undefined,
    digest: digestOf(version, variant),
    signers: new Set(numbers.map((number) => testKey(number).id)),
    ...changes,
  };
  return release;
}

export function digestOf(version: number, variant = ''): Uint8Array {
  return Uint8Array.from(descriptorDigest(Buffer.from(`${version} ${variant}`)));
}

/** A catalogue that lists version `firmware` of `firmware`. */
export function catalogueOf(firmware: number, changes: Partial<Catalogue> = {}): Catalogue {
  return {
    fleet: 'acme',
    serverIndex: 0,
    version: 1,
    rootVersion: 1,
    createdS: 1000,
    expiresS: 2000,
    part: 0,
    partCount: 1,
    entries: [{ object: 'firmware', version: firmware, digest: digestOf(firmware) }],
    ...changes,
  };
}
