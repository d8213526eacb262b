import { basename, join } from 'node:path';
import { loadFleet } from '../../fleet/load-fleet.js';
import { Contents } from '../../publish/contents/contents.js';
import { prepareObject } from '../../publish/prepared-object.js';
import { keyExposure } from '../../publish/records/key-file.js';
import { coSigned, writeRecord } from '../../publish/records/records.js';
import { replaceFile } from '../../store/durable.js';
import { defaultStateDir } from '../../store/state-dir.js';
import { interruptible } from '../interrupt.js';
import { readPrivateKeys } from './root-file.js';

export interface SignFlags {
  readonly config: string;
  /** Private keys. */
  readonly key: readonly string[];
  readonly out: string;
  /** Where block digests go. */
  readonly digests?: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** `layercast sign`: hashes every object of a fleet file and writes its signed record. */
export async function runSign({ config, key: keyPaths, out, digests, state, json }: SignFlags): Promise<void> {
  const fleet = await loadFleet(config);
  const keys = await readPrivateKeys(keyPaths);
  for (const keyPath of keyPaths) {
    const exposure = await keyExposure(keyPath);
    if (exposure !== undefined) process.stderr.write(`layercast: ${exposure}\n`);
  }
  const stateDir = state ?? defaultStateDir();
  const contents = new Contents(stateDir, Number.MAX_SAFE_INTEGER);
  await interruptible(async (signal) => {
    for (const object of fleet.objects) {
      const prepared = await prepareObject(fleet, object, {
        key: keys[0]!,
        isKeyOnServers: false,
        signal,
        contents,
        stateDir,
        nowS: Math.floor(Date.now() / 1000),
        onHashing: () => undefined,
      });
      await prepared.source.close();
      await prepared.deltaSource?.close();
      const signed = await coSigned(out, prepared, keys);
      const path = await writeRecord(out, signed);
      if (digests !== undefined) {
        await replaceFile(join(digests, `${basename(object.filePath)}.digests`), [prepared.content.blockDigests]);
      }
      const { version, sizeBytes, sha256 } = signed.descriptor;
      const record = {
        object: object.name,
        version,
        bytes: sizeBytes,
        sha256: Buffer.from(sha256).toString('hex'),
        path,
      };
      process.stdout.write(json ? `${JSON.stringify(record)}\n` : `${path}\n`);
    }
    await contents.close();
  });
}
