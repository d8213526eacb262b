import type { KeyObject } from 'node:crypto';
import { LayercastError } from '../base/errors.js';
import { publicKeyFrom } from '../wire/signature.js';
import { type Anchor, anchorOfKey, anchorOfRoot } from './anchor.js';
import { isRootText } from './root-armour.js';
import { RootChain } from './root-chain.js';
import { type RootFile, readRootText } from './root-text.js';

/**
 * What a receiver trusts, from what its owner gave it: a public key (SPKI PEM or a key object), or the text of a root file, whose newest
 * version counts.
 *
 * @param from names it in the error
 * @throws {LayercastError} `KEY_INVALID` when it is neither, or the root of another fleet.
 */
export function anchorFrom(key: string | Buffer | KeyObject, fleet: string, from: string): Anchor {
  const text = typeof key === 'string' || key instanceof Uint8Array ? key.toString() : undefined;
  if (text === undefined || !isRootText(text)) return anchorOfKey(fleet, publicKeyFrom(key, from));
  const anchor = newestAnchor(readRootText(text, from));
  if (anchor === undefined) {
    throw new LayercastError('KEY_INVALID', `${from} holds no root that enough of its keys signed`, {
      hint: 'See what is missing with: layercast root show --root FILE',
    });
  }
  if (anchor.root.fleet === fleet) return anchor;
  throw new LayercastError('KEY_INVALID', `${from} is the root of fleet ${anchor.root.fleet}, not of ${fleet}`, {
    hint: `Give the root or the public key of fleet ${fleet}`,
  });
}

/** The newest version of a root file, with the keys that versions before it retired; undefined if the file holds only a draft. */
function newestAnchor({ versions }: RootFile): Anchor | undefined {
  const [first, ...later] = versions;
  if (first === undefined) return undefined;
  const chain = new RootChain(anchorOfRoot(first.record)!);
  for (const { record } of later) chain.add(record);
  return { ...anchorOfRoot(versions.at(-1)!.record)!, retired: chain.retired };
}
