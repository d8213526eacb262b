import { readFile } from 'node:fs/promises';
import { dateText } from '../../base/date-text.js';
import { LayercastError } from '../../base/errors.js';
import { systemError } from '../../base/system-error.js';
import { readKeyText } from '../../config/read-text.js';
import { signersOf } from '../../trust/quorum.js';
import { anchorFrom } from '../../trust/read-anchor.js';
import { type Refusal, refusalOf } from '../../trust/refusal.js';
import { isRootText } from '../../trust/root-armour.js';
import { RootChain } from '../../trust/root-chain.js';
import { readRootText } from '../../trust/root-text.js';
import { Trust } from '../../trust/trust.js';
import { descriptorDigest } from '../../wire/catalogue.js';
import { unpackDescriptor } from '../../wire/descriptor-reader.js';
import { RecordKind } from '../../wire/signature.js';
import { unpackSignedRecord } from '../../wire/signed-record.js';

export interface VerifyFlags {
  readonly key: string;
  readonly json?: boolean;
}

/** What a record says and whether it holds. */
interface Report {
  readonly lines: readonly string[];
  readonly fields: object;
  /** Why it does not hold; undefined if it does. */
  readonly refusal: Refusal | undefined;
}

/**
 * `layercast verify`: prints what a record says.
 *
 * @throws {LayercastError} `ROLE_REFUSED`, `RECORD_INVALID` or `EXPIRED` when it does not hold.
 */
export async function runVerify(path: string, { key, json }: VerifyFlags): Promise<void> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw systemError(error, 'read', path);
  });
  const keyText = await readKeyText(key);
  const text = bytes.toString('latin1');
  const report = isRootText(text) ? reportRoot(text, path, keyText, key) : reportDescriptor(bytes, path, keyText, key);
  const { lines, fields, refusal } = report;
  if (json)
    process.stdout.write(
      `${JSON.stringify({ ...fields, holds: refusal === undefined, reason: refusal?.message ?? null })}\n`,
    );
  else process.stdout.write(`${[...lines, refusal === undefined ? '  holds' : '  does NOT hold'].join('\n')}\n`);
  if (refusal !== undefined) throw new LayercastError(refusal.code, `${path}: ${refusal.message}`);
}

function reportRoot(text: string, path: string, keyText: string, keyPath: string): Report {
  const { versions, draft } = readRootText(text, path);
  const newest = draft ?? versions.at(-1)!;
  const { fleet, version, expiresS } = newest.root;
  const anchor = anchorFrom(keyText, fleet, keyPath);
  const chain = new RootChain(anchor);
  for (const { record } of versions) chain.add(record);
  if (draft !== undefined) chain.add(draft.record);
  const lines = [`${path}: root of fleet ${fleet}, version ${version}, expires ${dateText(expiresS)}`];
  const fields = { record: 'root', fleet, version, expires: dateText(expiresS) };
  if (anchor.root.version > version) {
    const message = `version ${version} of the root is older than version ${anchor.root.version}, which is trusted`;
    return { lines, fields, refusal: { code: 'VERSION_REFUSED', message } };
  }
  const isAnchor = anchor.root.version === version && Buffer.compare(anchor.body, newest.record.body) === 0;
  if (!isAnchor && chain.record?.body !== newest.record.body) {
    const what = `version ${version}${draft === undefined ? '' : ', a draft,'}`;
    const isWaiting = draft !== undefined && chain.root.version === versions.at(-1)?.root.version;
    const counts = isWaiting ? `; until enough do, version ${chain.root.version} counts` : '';
    const message = `${what} does not follow from version ${chain.root.version}: too few keys signed it${counts}`;
    return { lines, fields, refusal: { code: 'ROLE_REFUSED', message } };
  }
  const isExpired = expiresS * 1000 <= Date.now();
  const message = `version ${version} of the root expired at ${dateText(expiresS)}`;
  return { lines, fields, refusal: isExpired ? { code: 'EXPIRED', message } : undefined };
}

function reportDescriptor(bytes: Uint8Array, path: string, keyText: string, keyPath: string): Report {
  const record = unpackSignedRecord(bytes);
  const descriptor = record?.kind === RecordKind.descriptor ? unpackDescriptor(record.body) : undefined;
  if (record === undefined || descriptor === undefined) {
    throw new LayercastError('RECORD_INVALID', `${path} is not a signed record`, {
      hint: 'Name a file of layercast sign',
    });
  }
  const { fleet, object, version, sizeBytes, expiresS } = descriptor;
  const anchor = anchorFrom(keyText, fleet, keyPath);
  const trust = new Trust({ anchor, builtS: 0, isWanted: () => true, acceptExpired: false });
  const signers = signersOf(record, trust.ring);
  const digest = descriptorDigest(record.body);
  const verdict = trust.judge({ ...descriptor, digest, signers }, Date.now() / 1000);
  const expires = expiresS === undefined ? null : dateText(expiresS);
  const sha256 = Buffer.from(descriptor.sha256).toString('hex');
  // Whether a catalogue lists the record is not known here.
  const refusal = verdict.kind === 'unlisted' ? undefined : refusalOf(verdict, version);
  const signed = [...(signers ?? [])].join(', ') || 'no key of these';
  return {
    lines: [
      `${path}: ${fleet}/${object}, version ${version}, ${sizeBytes} bytes${descriptor.encryption === undefined ? '' : ' encrypted'}, expires ${expires ?? 'never'}`,
      `  SHA-256 ${sha256}`,
      `  signed by ${signed}`,
    ],
    fields: {
      record: 'descriptor',
      fleet,
      object,
      version,
      bytes: sizeBytes,
      sha256,
      encrypted: descriptor.encryption !== undefined,
      expires,
      signers: [...(signers ?? [])],
    },
    refusal,
  };
}
