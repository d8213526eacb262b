import { LayercastError } from '../base/errors.js';
import { type Root, signingRole, unpackRoot } from '../wire/root.js';
import { RecordKind } from '../wire/signature.js';
import { packSignedRecord, type SignedRecord, unpackSignedRecord } from '../wire/signed-record.js';
import { anchorOfRoot } from './anchor.js';
import { isSignedByRole, keyRing } from './quorum.js';
import { armoured, blocksIn } from './root-armour.js';
import { RootChain } from './root-chain.js';

/** The most versions of roots in a file. */
const MAX_ROOTS = 1000;

/** A version of a root with its record. */
export interface RootVersion {
  readonly root: Root;
  readonly record: SignedRecord;
}

/** What a root file holds. */
export interface RootFile {
  /** In ascending order without gaps; each signed by enough keys of the one before and of its own. Empty for a new fleet. */
  readonly versions: readonly RootVersion[];
  /** The version after these, if it is there and lacks signatures. */
  readonly draft: RootVersion | undefined;
}

/** The text of a root file: each record in Base64, as PEM has it (RFC 7468). */
export function rootText({ versions, draft }: RootFile): string {
  const all = draft === undefined ? versions : [...versions, draft];
  return all.map(({ record }) => armoured(packSignedRecord(record))).join('');
}

/**
 * Reads a root file and checks its signatures.
 *
 * @param from names the file in the error
 * @throws {LayercastError} `KEY_INVALID` when it is no root file, or when a version does not follow from the one before.
 */
export function readRootText(text: string, from: string): RootFile {
  const versions: RootVersion[] = [];
  let chain: RootChain | undefined;
  const all = versionsIn(text, from);
  for (const [index, { root, record }] of all.entries()) {
    if (chain !== undefined && root.version !== chain.root.version + 1) {
      throw invalid(from, `version ${root.version} of the root stands after version ${chain.root.version}`);
    }
    if (chain === undefined ? isOwnRoot(root, record) : chain.add(record) === 'taken') {
      chain ??= new RootChain(anchorOfRoot(record)!);
      versions.push({ root, record });
    } else if (index === all.length - 1) return { versions, draft: { root, record } };
    else throw invalid(from, `version ${root.version} of the root lacks signatures, or one of them is wrong`);
  }
  return { versions, draft: undefined };
}

/** Whether enough keys of a root signed this root itself. */
function isOwnRoot(root: Root, record: SignedRecord): boolean {
  return isSignedByRole(record, signingRole(root), keyRing(root.keys));
}

function versionsIn(text: string, from: string): readonly RootVersion[] {
  const blocks = blocksIn(text);
  if (blocks.length === 0 || blocks.length > MAX_ROOTS) throw invalid(from, `found ${blocks.length} roots`);
  return blocks.map((bytes, index) => {
    const record = unpackSignedRecord(bytes);
    const root = record?.kind === RecordKind.root ? unpackRoot(record.body) : undefined;
    if (record === undefined || root === undefined) throw invalid(from, `its block ${index + 1} is no root`);
    return { root, record };
  });
}

function invalid(from: string, why: string): LayercastError {
  return new LayercastError('KEY_INVALID', `${from} is not a root file (${why})`, {
    hint: 'Make one with: layercast root add KEY.pub --root FILE --fleet NAME',
  });
}
