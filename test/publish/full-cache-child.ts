// Encodes more than a small file system can hold. Argument: a directory on a file system of 2 MB. Prints the outcome as JSON.

import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { geometryOf } from '../../dist/object/geometry.js';
import { IntermediateCache } from '../../dist/publish/symbols/intermediate-cache.js';
import { FileSource } from '../../dist/store/file-source.js';

const stateDir = argv[2]!;
const cache = new IntermediateCache({ stateDir, limitBytes: 1e9 });
const options = { signal: new AbortController().signal, onProgress: () => undefined };

/** Encodes zeros, from a file that takes no room. */
async function encode(name: string, sizeBytes: number): Promise<unknown> {
  const path = join(stateDir, name);
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  const source = await FileSource.open(path);
  const sha256 = Buffer.from(name.padEnd(32, '.'));
  try {
    await (await cache.open(source, geometryOf(sizeBytes, 1000, 1), sha256, options)).close();
    return 'made';
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'hint' in error)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  } finally {
    await source.close();
  }
}

const names = () => readdirSync(join(stateDir, 'intermediate')).length;
const small = await encode('small', 900_000);
const tooLarge = await encode('too large', 3_000_000);
const namesThen = names();
const fitting = await encode('fitting', 1_500_000);
stdout.write(JSON.stringify({ small, tooLarge, namesThen, fitting, namesAfter: names() }));
